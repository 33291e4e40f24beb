-- A user's entries, first joined first.
-- KEYS[1] the user's stream. ARGV[1] what the key of a mark begins with.
-- Answer: the tokens that wait.
-- Promise: expiry: an entry whose mark ran out is not listed.
-- Known limit: the marks are not declared in KEYS, since only the stream knows them. They carry the event's hash tag, so
-- they lie in the stream's slot.

local tokens = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local token, dedupe = entry[2][2], entry[2][4] -- the fields are { 'token', t, 'dedupe', key }
  if redis.call('GET', ARGV[1] .. dedupe) == token then
    tokens[#tokens + 1] = token
  end
end
return tokens
