-- A secret is made, then its payload is read: every second request is a POST. One connection.
local token = os.getenv("TOKEN")
local make = {["X-Auth-Token"] = token, ["Content-Type"] = "application/json"}
local read = {["X-Auth-Token"] = token, ["Accept"] = "application/octet-stream"}
local body = '{"name": "bench", "secret_type": "passphrase", "payload_content_encoding": "base64", '
   .. '"payload_content_type": "application/octet-stream", "payload": "' .. string.rep("QUJD", 170) .. '"}'
local secret
function request()
   if secret then
      local path = secret .. "/payload"
      secret = nil
      return wrk.format("GET", path, read)
   end
   return wrk.format("POST", "/v1/secrets", make, body)
end
function response(status, headers, text)
   if status == 201 then secret = text:match("(/v1/secrets/[%x-]+)") end
end
