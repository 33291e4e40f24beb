-- Stands in line once: checks the mark, sets it and takes the place in one step, so that of any number of joins at once
-- exactly one succeeds.
-- Follows `line_….lua`, `push_….lua` and `entries.lua`.
-- KEYS[1..3] line, marks, seen; the others as the push fragment says.
-- ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token; the others as the push fragment says.
-- Answer: nil if this token now stands in line, else the token that stands (or stood, and was admitted) for the dedupe key.
-- Promise: no-duplicates; safe to repeat, also after this token left.

local member, token = ARGV[2], ARGV[3]
local standing = redis.call('HGET', MARKS, member)
if standing == '-' .. token then
  return token -- it stood here and gave up its place: this request was under way for longer than that
end
standing = standing and string.sub(standing, 1, 1) ~= '-' and standing
if standing then
  if not has_expired(redis.call('ZSCORE', SEEN, member)) then
    return standing
  end
  forget(member)
end
local refusal = line_push(member) -- nil, or an error reply before anything was written
if refusal then
  return refusal
end
redis.call('HSET', MARKS, member, token)
redis.call('ZADD', SEEN, string.format('%.0f', now_ms()), member)
return nil
