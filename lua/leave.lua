-- Gives up the place: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token.
-- Answer: 1 if this token waited and does not any more, 0 if it did not wait.
-- Promise: who leaves may join again, with another token; a join of this one that is repeated because its reply was lost does not
-- bring it back, since the mark says that it left. Nobody removes another's entry.

if not waits(ARGV[2], ARGV[3]) then
  return 0
end
line_remove(ARGV[2])
redis.call('ZREM', SEEN, ARGV[2])
redis.call('HSET', MARKS, ARGV[2], '-' .. ARGV[3])
return 1
