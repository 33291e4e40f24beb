-- The line as a list of dedupe keys.
-- One of three fragments that define the line; `entries.lua` and an operation follow in the same script.
-- KEYS[1] the list.
-- Defines line_rank (1 is the front, false if absent; O(n)), line_remove (O(n)), line_take, line_length.

local function line_rank(member)
  local ahead = redis.call('LPOS', KEYS[1], member)
  return ahead and ahead + 1
end

local function line_remove(member)
  redis.call('LREM', KEYS[1], 1, member)
end

local function line_take(n)
  return redis.call('LPOP', KEYS[1], n) or {}
end

local function line_length()
  return redis.call('LLEN', KEYS[1])
end
