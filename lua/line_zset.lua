-- The line as a sorted set of dedupe keys; equal scores are ordered by member bytes.
-- One of three fragments that define the line; `entries.lua` and an operation follow in the same script.
-- KEYS[1] the sorted set.
-- Defines line_rank (1 is the front, false if absent), line_remove, line_take (the first n, in order), line_length.

local function line_rank(member)
  local ahead = redis.call('ZRANK', KEYS[1], member)
  return ahead and ahead + 1
end

local function line_remove(member)
  redis.call('ZREM', KEYS[1], member)
end

local function line_take(n)
  local popped, members = redis.call('ZPOPMIN', KEYS[1], n), {}
  for i = 1, #popped, 2 do -- every second one is a score
    members[#members + 1] = popped[i]
  end
  return members
end

local function line_length()
  return redis.call('ZCARD', KEYS[1])
end
