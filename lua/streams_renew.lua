-- Says "still here".
-- KEYS[1] the user's stream, KEYS[2] the mark of the dedupe key. ARGV[1] time to live in ms, ARGV[2] token.
-- Answer: 1 if this token waits (and its time to live starts anew), 0 if it does not wait.
-- Promise: expiry: what has expired cannot be renewed.

if redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return 0
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  if entry[2][2] == ARGV[2] then -- the fields are { 'token', t, 'dedupe', key }
    redis.call('PEXPIRE', KEYS[2], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    return 1
  end
end
return 0 -- admitted: its mark stays
