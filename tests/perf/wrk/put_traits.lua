-- PUT of the same traits, each with the generation that the one before has left. One connection.
local generation = tonumber(os.getenv("GENERATION"))
wrk.method = "PUT"
wrk.headers["X-Auth-Token"] = os.getenv("TOKEN")
wrk.headers["OpenStack-API-Version"] = "placement 1.36"
wrk.headers["Content-Type"] = "application/json"
function request()
   return wrk.format(nil, nil, nil, string.format(
      '{"resource_provider_generation": %d, "traits": ["COMPUTE_SECURITY_TPM_2_0"]}', generation))
end
function response(status)
   if status == 200 then generation = generation + 1 end
end
