-- How far: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token.
-- Answer: 1 for the front and so on; nil if this token does not wait.
-- Promise: position, exact.

return waits(ARGV[2], ARGV[3]) and line_rank(ARGV[2]) or nil
