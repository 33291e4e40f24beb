-- Stands in the user's own stream once: checks the mark, adds the entry and sets the mark in one step, so that of any number
-- of joins at once exactly one succeeds.
-- KEYS[1] the user's stream, KEYS[2] the mark of the dedupe key.
-- ARGV[1] time to live in ms, ARGV[2] dedupe key, ARGV[3] token.
-- Answer: nil if this token now stands in line, else the token that stands (or stood, and was admitted) for the dedupe key.
-- Promise: no-duplicates; per-user-fifo, since XADD's ids only grow while a stream has entries; safe to repeat.
-- An entry waits as long as its mark carries its token: with several entries in a stream, the stream's own expiry cannot
-- tell them apart. It only frees the memory, together with the last mark.

local standing = redis.call('GET', KEYS[2])
if standing == '-' .. ARGV[3] then
  return ARGV[3] -- it stood here and gave up its place: this request was under way for longer than that
elseif standing and string.sub(standing, 1, 1) ~= '-' then
  return standing
end
redis.call('XADD', KEYS[1], '*', 'token', ARGV[3], 'dedupe', ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return nil
