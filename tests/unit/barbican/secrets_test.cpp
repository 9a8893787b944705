// /v1/secrets as Nova's client stack and barbicanclient use it.

#include "key_manager_fixture.h"

namespace vtpmlab::fakes::barbican {
namespace {

class SecretsTest : public KeyManagerTest {
protected:
    test::Answer payload(const std::string& path, const std::string& accept) {
        return client_->get(path + "/payload", by("owner", {{"Accept", accept}}));
    }
    test::Answer fill_in(const std::string& path, const std::string& bytes, const std::string& type,
                         httplib::Headers more = {}) {
        more.emplace("Content-Type", type);
        return client_->send("PUT", path, bytes, by("owner", std::move(more)));
    }
    json listed(const std::string& query, const char* who = "owner") {
        return client_->get("/v1/secrets" + query, by(who)).json();
    }
};

// spec: nova-vtpm §6.4
TEST_F(SecretsTest, NovasPassphraseComesBackAsItWas) {
    const std::string text = base64_encode(std::string(384, '\x7f')); // 512 bytes
    const auto path = made_by("owner", passphrase(text, "vTPM secret for instance X"));
    const auto seen =
        client_->get(path, by("owner", {{"Accept", "application/json"},
                                        {"OpenStack-API-Version", "key-manager 1.1"}}));
    ASSERT_EQ(seen.status, 200);
    EXPECT_EQ(seen.header("OpenStack-API-Version"), "key-manager 1.1");
    const auto body = seen.json();
    EXPECT_EQ(body["content_types"], (json{{"default", "application/octet-stream"}}));
    EXPECT_EQ(body["consumers"], json::array());
    EXPECT_EQ(body["name"], "vTPM secret for instance X");
    EXPECT_EQ(body["status"], "ACTIVE");
    EXPECT_EQ(body["creator_id"], user_ids_["owner"]);
    EXPECT_EQ(body["secret_ref"], barbican_->url() + path);
    EXPECT_EQ(payload(path, "application/octet-stream").body, text);
    EXPECT_EQ(client_->remove(path, by("owner")).status, 204);
    EXPECT_EQ(client_->get(path, by("owner")).status, 404);
    EXPECT_TRUE(barbican_->leftovers().empty());
}

// spec: nova-vtpm §6.4
TEST_F(SecretsTest, TheNewerVersionDocumentIsForThoseWhoAskForIt) {
    const auto newer = client_->get("/", {{"OpenStack-API-Version", "key-manager 1.1"}});
    EXPECT_EQ(newer.status, 300);
    const auto version = newer.json()["versions"][0];
    EXPECT_EQ(version["id"], "v1");
    EXPECT_EQ(version["status"], "CURRENT");
    EXPECT_EQ(version["min_version"], "1.0");
    EXPECT_EQ(version["max_version"], "1.2");
    EXPECT_EQ(client_->get("/").json()["versions"]["values"][0]["status"], "stable");
    EXPECT_EQ(client_->get("/", {{"OpenStack-API-Version", "key-manager 1.9"}}).status, 406);
    EXPECT_EQ(client_->get("/", {{"OpenStack-API-Version", "key-manager x"}}).status, 400);
    EXPECT_EQ(client_->get("/", {{"OpenStack-API-Version", "compute 9.9"}}).status, 300);
}

TEST_F(SecretsTest, ASecretIsMadeInTwoSteps) {
    const auto path = made_by("owner", {{"name", "later"}});
    EXPECT_EQ(payload(path, "text/plain").status, 404);
    EXPECT_FALSE(client_->get(path, by("owner")).json().contains("content_types"));
    EXPECT_EQ(fill_in(path, "late", "text/plain; charset=utf-8").status, 204);
    EXPECT_EQ(payload(path, "text/plain").body, "late");
    EXPECT_EQ(client_->get(path, by("owner")).json()["content_types"]["default"], "text/plain");
    const auto again = fill_in(path, "later", "text/plain");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.json()["description"], "Secret already has data, cannot modify it.");
    EXPECT_EQ(payload(path, "text/plain").body, "late");
}

TEST_F(SecretsTest, ThePutOfAPayloadIsChecked) {
    const auto path = made_by("owner", {{"name", "later"}});
    EXPECT_EQ(fill_in(path, "x", "application/json").status, 415);
    EXPECT_EQ(fill_in(path, "", "text/plain").json()["description"],
              "Secret update issue seen - No data supplied to process..");
    const auto large = fill_in(path, std::string(20001, 'x'), "text/plain");
    EXPECT_EQ(large.status, 413);
    EXPECT_EQ(large.json()["description"],
              "Secret update issue seen - Provided information too large to process.");
    EXPECT_EQ(fill_in(path, "\xff\xfe", "text/plain").status, 400);
    EXPECT_EQ(fill_in(path, "\xe4", "text/plain; charset=latin-1").status, 400);
    EXPECT_EQ(fill_in(path, "x", "application/octet-stream", {{"Content-Encoding", "gzip"}})
                  .json()["description"],
              "Secret update issue seen - Text-based binary secret payloads must specify a "
              "content-encoding of 'base64'.");
    EXPECT_EQ(
        fill_in(path, "abc", "application/octet-stream", {{"Content-Encoding", "base64"}}).status,
        400);
    EXPECT_EQ(payload(path, "text/plain").status, 404);
    EXPECT_EQ(
        fill_in(path, "aGVsbG8=", "application/octet-stream", {{"Content-Encoding", "base64"}})
            .status,
        204);
    EXPECT_EQ(payload(path, "application/octet-stream").body, "hello");
}

TEST_F(SecretsTest, TheAcceptHeaderChoosesTheForm) {
    const auto path = made_by("owner", passphrase("\xff\x01 no text"));
    EXPECT_EQ(payload(path, "*/*").header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(payload(path, "application/octet-stream").status, 200);
    EXPECT_EQ(payload(path, "text/plain").status, 406);
    EXPECT_EQ(payload(path, "application/json").json()["description"],
              "Secret payload retrieval issue seen - Wrong payload content-type.");
    EXPECT_EQ(payload(path, "image/png, application/octet-stream;q=0.5").status, 406);
    const auto text = made_by(
        "owner", {{"name", "t"}, {"payload", "hello"}, {"payload_content_type", "text/plain"}});
    EXPECT_EQ(payload(text, "*/*").header("Content-Type"), "text/plain; charset=UTF-8");
    EXPECT_EQ(payload(text, "application/octet-stream").body, "hello");
    // The deprecated way, without /payload, needs the right to decrypt as well.
    const auto old_way = [&](const char* who) {
        return client_->get(text, by(who, {{"Accept", "text/plain"}}));
    };
    EXPECT_EQ(old_way("owner").body, "hello");
    EXPECT_EQ(old_way("audit").status, 403);
}

TEST_F(SecretsTest, WhatIsWrongWithABodyIsSaid) {
    const auto said = [&](const json& body) {
        const auto answer = client_->post("/v1/secrets", body, by("owner"));
        EXPECT_EQ(answer.status, 400) << body << answer.body;
        EXPECT_EQ(answer.json()["title"], "Bad Request");
        return answer.json().value("description", "");
    };
    const std::string start = "Provided object does not match schema 'Secret': ";
    EXPECT_EQ(said({{"payload", ""}, {"payload_content_type", "text/plain"}}),
              start + "If 'payload' specified, must be non empty. Invalid property: 'payload'");
    EXPECT_EQ(said({{"payload_content_type", "text/plain"}}),
              start + "payload must be provided when payload_content_type is specified. Invalid "
                      "property: 'payload'");
    EXPECT_EQ(said({{"payload", "x"},
                    {"payload_content_type", "application/octet-stream"},
                    {"payload_content_encoding", "rot13"}}),
              start + "'rot13' is not one of ['base64']. Invalid property: "
                      "'payload_content_encoding'");
    EXPECT_EQ(said({{"name", 7}}),
              start + "7 is not of type 'string', 'null'. Invalid property: 'name'");
    EXPECT_EQ(said({{"bit_length", 0}}),
              start + "0 is less than the minimum of 1. Invalid property: 'bit_length'");
    EXPECT_EQ(said({{"expiration", "2000-01-01T00:00:00"}}),
              start + "'expiration' is before current time. Invalid property: 'expiration'");
    for (const json& body :
         {json{{"payload", 1}, {"payload_content_type", "text/plain"}},
          json{{"payload", "x"}, {"payload_content_type", "image/png"}},
          json{{"payload", "x"}, {"payload_content_type", "application/octet-stream"}},
          json{{"payload", "abc"},
               {"payload_content_type", "application/octet-stream"},
               {"payload_content_encoding", "base64"}},
          json{{"name", std::string(256, 'n')}}, json{{"bit_length", 40000}},
          json{{"bit_length", "8"}}, json{{"expiration", "tomorrow"}},
          json{{"secret_type", nullptr}}, json(nullptr), json("text")})
        (void)said(body);
    EXPECT_EQ(said(json::array()), start + "[] is not of type 'object'. Invalid property: 'None'");
    EXPECT_EQ(said({{"algorithm", nullptr}}),
              start + "None is not of type 'string'. Invalid property: 'algorithm'");
    EXPECT_EQ(said({{"payload", "x"}, {"payload_content_type", "image/png"}}),
              start + "payload_content_type is not one of ['text/plain', "
                      "'text/plain;charset=utf-8', 'text/plain; charset=utf-8', "
                      "'application/octet-stream', 'application/pkcs8']. Invalid property: "
                      "'payload_content_type'");
    EXPECT_EQ(said({{"payload", "x"}, {"payload_content_type", "application/octet-stream"}}),
              start + "payload_content_encoding is not one of ['base64', 'binary']. Invalid "
                      "property: 'payload_content_encoding'");
    EXPECT_TRUE(barbican_->leftovers().empty());
}

TEST_F(SecretsTest, WhoComesBeforeWhat) {
    const httplib::Headers text = {{"Content-Type", "text/plain"}};
    EXPECT_EQ(client_->send("POST", "/v1/secrets", "{", by("audit", text)).status, 403);
    EXPECT_EQ(client_->send("POST", "/v1/secrets", "{", by("owner", text)).status, 415);
    EXPECT_EQ(client_->send("POST", "/v1/secrets", "{", by("owner")).status, 400);
}

TEST_F(SecretsTest, ANameIsTrimmed) {
    EXPECT_EQ(client_->get(made_by("owner", {{"name", " a b "}}), by("owner")).json()["name"],
              "a b");
    EXPECT_EQ(client_->get(made_by("owner", {{"name", "  "}}), by("owner")).json()["name"], "");
    EXPECT_TRUE(
        client_->get(made_by("owner", json::object()), by("owner")).json()["name"].is_null());
}

TEST_F(SecretsTest, TheListShowsTheProjectsSecretsPageByPage) {
    for (const char* name : {"a", "b", "c"})
        made_by("owner", {{"name", name}, {"secret_type", "passphrase"}});
    made_by("peer", {{"name", "a"}, {"algorithm", "aes"}, {"bit_length", 256}, {"mode", "cbc"}});
    made_by("other", {{"name", "a"}});
    const auto first = listed("?limit=3");
    EXPECT_EQ(first["total"], 4);
    EXPECT_EQ(first["secrets"].size(), 3u);
    EXPECT_FALSE(first.contains("previous"));
    EXPECT_EQ(first["next"], barbican_->url() + "/v1/secrets?limit=3&offset=3");
    const auto last = listed("?limit=3&offset=3");
    EXPECT_EQ(last["secrets"].size(), 1u);
    EXPECT_FALSE(last.contains("next"));
    EXPECT_EQ(last["previous"], barbican_->url() + "/v1/secrets?limit=3&offset=0");
    EXPECT_EQ(listed("?offset=9"), (json{{"secrets", json::array()}, {"total", 4}}));
    EXPECT_EQ(listed("?name=a")["total"], 2);
    EXPECT_EQ(listed("?name=a", "other")["total"], 1);
    EXPECT_EQ(listed("?secret_type=passphrase")["total"], 3);
    EXPECT_EQ(listed("?alg=aes&bits=256&mode=cbc")["secrets"][0]["name"], "a");
    EXPECT_EQ(listed("?bits=128")["total"], 0);
    EXPECT_EQ(listed("?limit=none&offset=-4&bits=x")["secrets"].size(), 4u);
    EXPECT_EQ(listed("?limit=0")["secrets"].size(), 1u);
}

TEST_F(SecretsTest, TimesAndSortKeysFilterTheList) {
    const auto names = [&](const std::string& query) {
        std::string text;
        const json page = listed(query);
        for (const auto& secret : page["secrets"])
            text += secret["name"].get<std::string>();
        return text;
    };
    made_by("owner", {{"name", "b"}, {"bit_length", 8}, {"expiration", "2500-01-01T00:00:00"}});
    clock_->advance(std::chrono::seconds(1));
    const auto middle =
        client_->get(made_by("owner", {{"name", "c"}, {"bit_length", 8}}), by("owner"))
            .json()["created"]
            .get<std::string>();
    clock_->advance(std::chrono::seconds(1));
    made_by("owner", {{"name", "a"}, {"bit_length", 16}});
    EXPECT_EQ(names(""), "bca");
    EXPECT_EQ(names("?sort=name"), "abc");
    EXPECT_EQ(names("?sort=bit_length:desc,name:desc"), "acb");
    EXPECT_EQ(names("?sort=name:desc&limit=1&offset=1"), "b");
    EXPECT_EQ(names("?created=gt:" + middle), "a");
    EXPECT_EQ(names("?created=gte:" + middle), "ca");
    EXPECT_EQ(names("?created=lt:" + middle), "b");
    EXPECT_EQ(names("?updated=lte:" + middle), "bc");
    EXPECT_EQ(names("?created=" + middle), "c");
    EXPECT_EQ(names("?created=gte:" + middle + ",lte:" + middle), "c");
    EXPECT_EQ(names("?expiration=gt:2400-01-01T00:00:00"), "b");
    for (const char* query : {"?sort=colour", "?sort=name:up", "?sort=name,name", "?created=soon",
                              "?created=gt:2020-01-01T00:00:00,gte:2020-01-01T00:00:00"}) {
        const auto answer = client_->get(std::string("/v1/secrets") + query, by("owner"));
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_EQ(answer.json()["description"], "URI provided invalid query string parameters.");
    }
}

TEST_F(SecretsTest, AnExpiredSecretIsGoneButLeft) {
    const auto path = made_by("owner", {{"name", "milk"}, {"expiration", "2500-01-01T00:00:00"}});
    EXPECT_EQ(client_->get(path, by("owner")).json()["expiration"], "2500-01-01T00:00:00");
    clock_->advance(std::chrono::hours(24 * 366 * 500));
    person("owner", "demo", {"member", "creator"});
    EXPECT_EQ(client_->get(path, by("owner")).status, 404);
    EXPECT_EQ(listed("")["total"], 0);
    ASSERT_EQ(barbican_->leftovers().size(), 1u);
    EXPECT_EQ(barbican_->leftovers()[0].store, "barbican");
    EXPECT_EQ(barbican_->leftovers()[0].what, path.substr(path.rfind('/') + 1) + " milk");
}

TEST_F(SecretsTest, UnknownPathsAndMethodsAreAnsweredInBarbicansForm) {
    EXPECT_EQ(client_->get("/v1/spells", by("owner")).json(),
              (json{{"code", 404}, {"title", "Not Found"}, {"description", ""}}));
    const auto path = made_by("owner");
    EXPECT_EQ(client_->send("PATCH", path, "{}", by("owner")).status, 405);
    EXPECT_EQ(client_->get("/v1/secrets/not-a-uuid/payload", by("owner")).json()["description"],
              "Not Found. Provided secret id is invalid.");
}

} // namespace
} // namespace vtpmlab::fakes::barbican
