-- Places a member by a number that INCR gives out, so that no two tie.
-- KEYS[1] the sorted set, KEYS[4] the counter. Exact as float64 up to 2^53 joins.

local function line_push(member)
  redis.call('ZADD', KEYS[1], string.format('%.0f', redis.call('INCR', KEYS[4])), member)
end
