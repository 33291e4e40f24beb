-- Says "still here": follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token.
-- Answer: 1 if this token waits and its time to live starts anew, 0 if it does not wait.
-- Promise: expiry: what has expired cannot be renewed.

if not waits(ARGV[2], ARGV[3]) then
  return 0
end
redis.call('ZADD', SEEN, string.format('%.0f', now_ms()), ARGV[2])
return 1
