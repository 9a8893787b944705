-- GET with the headers of the environment: TOKEN, and SUBJECT for Keystone.
wrk.headers["X-Auth-Token"] = os.getenv("TOKEN")
if os.getenv("SUBJECT") then wrk.headers["X-Subject-Token"] = os.getenv("SUBJECT") end
if os.getenv("VERSION") then wrk.headers["OpenStack-API-Version"] = os.getenv("VERSION") end
