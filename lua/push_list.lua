-- Places a member at the end of the list.
-- KEYS[1] the list.

local function line_push(member)
  redis.call('RPUSH', KEYS[1], member)
end
