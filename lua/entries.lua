-- Who waits, under which token, last seen when: kept alike by every design with one line per event.
-- Follows a `line_….lua` fragment, precedes an operation.
-- KEYS[2] marks: a hash of dedupe key -> token; a mark stays after its entry was admitted, so that a join which is
--         repeated because its reply was lost does not stand in line again. Of one that left, `-token` stays for the same
--         reason, and lets every other token in. Expiry releases the mark.
-- KEYS[3] seen: a sorted set of dedupe key -> server time in ms of the join or last renewal; exactly those who wait.
-- ARGV[1] time to live in ms, 0 for none. An entry has expired when seen + time to live <= now.
-- Members of a sorted set, a list or a stream have no time to live of their own, so every operation first lets go of
-- what has expired. At most 500 at a time, to not block the server for long: only while more than that are due at
-- once may a position still count some of them.

local MARKS, SEEN = KEYS[2], KEYS[3]

local function now_ms()
  local time = redis.call('TIME') -- seconds and microseconds
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function forget(member)
  line_remove(member)
  redis.call('HDEL', MARKS, member)
  redis.call('ZREM', SEEN, member)
end

-- Removes up to `limit` entries last seen at `cutoff` or before; answers how many.
local function forget_older(cutoff, limit)
  local old = redis.call('ZRANGEBYSCORE', SEEN, '-inf', string.format('%.0f', cutoff), 'LIMIT', 0, limit)
  for _, member in ipairs(old) do
    forget(member)
  end
  return #old
end

local ttl = tonumber(ARGV[1])
local cutoff = ttl > 0 and now_ms() - ttl
if cutoff then
  forget_older(cutoff, 500)
end

local function has_expired(seen)
  return cutoff and seen and tonumber(seen) <= cutoff
end

-- Whether this token is the one that waits under this dedupe key.
local function waits(member, token)
  if redis.call('HGET', MARKS, member) ~= token then
    return false
  end
  local seen = redis.call('ZSCORE', SEEN, member)
  return seen and not has_expired(seen)
end
