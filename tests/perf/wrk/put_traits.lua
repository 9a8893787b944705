-- PUT of one trait, then of another, each with the generation that the answer before told. One
-- connection.
local generation = tonumber(os.getenv("GENERATION"))
wrk.method = "PUT"
wrk.headers["X-Auth-Token"] = os.getenv("TOKEN")
wrk.headers["OpenStack-API-Version"] = "placement 1.36"
wrk.headers["Content-Type"] = "application/json"
function request()
   local version = generation % 2 == 0 and "1_2" or "2_0"
   return wrk.format(nil, nil, nil, string.format(
      '{"resource_provider_generation": %d, "traits": ["COMPUTE_SECURITY_TPM_%s"]}', generation, version))
end
function response(status, headers, body)
   generation = tonumber(body:match('"resource_provider_generation": *(%d+)')) or generation
end
