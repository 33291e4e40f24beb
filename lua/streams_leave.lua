-- Gives up the place; of the mark, `-token` stays until it runs out, so that a join that is repeated does not bring the token back.
-- KEYS[1] the user's stream, KEYS[2] the mark of the dedupe key. ARGV[1] token.
-- Answer: 1 if this token waited and does not any more, 0 if it did not wait.
-- Promise: who leaves may join again, with another token. The empty stream is deleted in the same step: XLEN and then DEL from the client would
-- delete what another joined in between.

if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  if entry[2][2] == ARGV[1] then -- the fields are { 'token', t, 'dedupe', key }
    redis.call('XDEL', KEYS[1], entry[1])
    redis.call('SET', KEYS[2], '-' .. ARGV[1], 'KEEPTTL')
    if redis.call('XLEN', KEYS[1]) == 0 then
      redis.call('DEL', KEYS[1])
    end
    return 1
  end
end
return 0 -- admitted: its mark stays
