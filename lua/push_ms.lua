-- Places a member by the client's clock. Members of one millisecond tie, and Redis orders ties by member bytes.
-- KEYS[1] the sorted set. ARGV[4] the client's clock in ms.

local function line_push(member)
  redis.call('ZADD', KEYS[1], 'NX', ARGV[4], member)
end
