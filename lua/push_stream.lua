-- Places a member at the end of the stream, under the next place.
-- KEYS[1] the stream, KEYS[4] places, KEYS[6] the counter of places.

local function line_push(member)
  local place = string.format('%.0f', redis.call('INCR', KEYS[6]))
  redis.call('XADD', KEYS[1], place .. '-0', 'dedupe', member)
  redis.call('HSET', KEYS[4], member, place)
end
