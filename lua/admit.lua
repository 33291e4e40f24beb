-- Lets the first n in, and remembers whom: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say; the last key is the batch's record.
-- ARGV[1] time to live in ms, ARGV[2] how many.
-- Answer: the tokens let in, first to last, joined by commas; for a batch that was answered before, that answer.
-- Promise: fifo (of the line's order), no-loss, idempotence for an hour: the places are given up and the record of who got
-- in is written in one step, so that a lost reply can be asked for again.

local batch = KEYS[#KEYS]
local answered = redis.call('GET', batch)
if answered then
  return answered
end
local wanted, admitted = tonumber(ARGV[2]), {}
while #admitted < wanted do
  local members = line_take(math.min(wanted - #admitted, 1000)) -- unpack fails at 8,000
  if #members == 0 then
    break
  end
  local tokens = redis.call('HMGET', MARKS, unpack(members))
  local seen = cutoff and redis.call('ZMSCORE', SEEN, unpack(members)) or {}
  for i, member in ipairs(members) do
    if has_expired(seen[i]) then
      redis.call('HDEL', MARKS, member)
    else
      admitted[#admitted + 1] = tokens[i]
    end
  end
  redis.call('ZREM', SEEN, unpack(members))
end
local answer = table.concat(admitted, ',')
redis.call('SET', batch, answer, 'EX', 3600)
return answer
