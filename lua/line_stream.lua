-- The line as one stream whose ids are places: 1-0, 2-0, 3-0… given out by INCR, never twice.
-- One of three fragments that define the line; `entries.lua` and an operation follow in the same script.
-- KEYS[1] the stream, KEYS[4] places: a hash of dedupe key -> place, KEYS[5] holes: a sorted set of the places
-- behind the front whose entries went away.
-- Defines line_rank (1 is the front, false if absent; O(log n)), line_remove, line_take, line_length.
-- A rank is exact: places from the front to mine, less the holes between.

local function front()
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  return first and tonumber(string.match(first[1], '^%d+'))
end

-- Holes before the front no longer matter to anybody.
local function forget_holes()
  local first = front()
  if first then
    redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', string.format('(%.0f', first))
  else
    redis.call('DEL', KEYS[5])
  end
end

local function line_rank(member)
  local place = redis.call('HGET', KEYS[4], member)
  if not place then
    return false
  end
  local first = front()
  local holes = redis.call('ZCOUNT', KEYS[5], string.format('%.0f', first), place)
  return tonumber(place) - first + 1 - holes
end

local function line_remove(member)
  local place = redis.call('HGET', KEYS[4], member)
  if place then
    redis.call('XDEL', KEYS[1], place .. '-0')
    redis.call('HDEL', KEYS[4], member)
    redis.call('ZADD', KEYS[5], place, place)
    forget_holes()
  end
end

local function line_take(n)
  local ids, members = {}, {}
  for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', n)) do
    ids[i], members[i] = entry[1], entry[2][2] -- the fields are { 'dedupe', key }
  end
  if #ids > 0 then
    redis.call('XDEL', KEYS[1], unpack(ids))
    redis.call('HDEL', KEYS[4], unpack(members))
    forget_holes()
  end
  return members
end

local function line_length()
  return redis.call('XLEN', KEYS[1])
end
