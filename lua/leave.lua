-- Gives up the place, and the mark with it: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token.
-- Answer: 1 if this token waited and does not any more, 0 if it did not wait.
-- Promise: who leaves may join again; nobody removes another's entry.

if not waits(ARGV[2], ARGV[3]) then
  return 0
end
forget(ARGV[2])
return 1
