// Orders: the keys are really made.

#include "key_manager_fixture.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace vtpmlab::fakes::barbican {
namespace {

class OrdersTest : public KeyManagerTest {
protected:
    test::Answer create(const json& body, const char* who = "owner") {
        return client_->post("/v1/orders", body, by(who));
    }
    json ordered(const std::string& type, const json& meta) {
        const auto answer = create({{"type", type}, {"meta", meta}});
        EXPECT_EQ(answer.status, 202) << answer.body;
        const auto reference = answer.json().value("order_ref", "");
        path_ = reference.substr(reference.find("/v1/"));
        return client_->get(path_, by("owner")).json();
    }
    static std::string path_of(const json& reference) {
        const auto text = reference.get<std::string>();
        return text.substr(text.find("/v1/"));
    }
    std::string payload(const std::string& secret) {
        return client_
            ->get(secret + "/payload", by("owner", {{"Accept", "application/octet-stream"}}))
            .body;
    }
    static bool is_pair(const std::string& private_pem, const std::string& public_pem,
                        const char* passphrase) {
        BIO* in = BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()));
        EVP_PKEY* own =
            PEM_read_bio_PrivateKey(in, nullptr, nullptr, const_cast<char*>(passphrase));
        BIO_free(in);
        in = BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size()));
        EVP_PKEY* open = PEM_read_bio_PUBKEY(in, nullptr, nullptr, nullptr);
        BIO_free(in);
        const bool equal = own && open && EVP_PKEY_eq(own, open) == 1;
        EVP_PKEY_free(own);
        EVP_PKEY_free(open);
        return equal;
    }

    std::string path_; // of the last order
};

TEST_F(OrdersTest, AKeyIsMadeAtOnce) {
    const auto order = ordered("key", {{"name", "k"},
                                       {"algorithm", "AES"},
                                       {"bit_length", 256},
                                       {"mode", "cbc"},
                                       {"payload_content_type", "application/octet-stream"}});
    EXPECT_EQ(order["status"], "ACTIVE");
    EXPECT_EQ(order["sub_status"], "Unknown");
    EXPECT_EQ(order["meta"]["algorithm"], "AES");
    EXPECT_TRUE(order["meta"]["expiration"].is_null());
    const auto path = path_of(order["secret_ref"]);
    const auto secret = client_->get(path, by("owner")).json();
    EXPECT_EQ(secret["secret_type"], "symmetric");
    EXPECT_EQ(secret["name"], "k");
    EXPECT_EQ(secret["bit_length"], 256);
    EXPECT_EQ(payload(path).size(), 32u);
    ordered("key", {{"algorithm", "aes"}, {"bit_length", 512}, {"mode", "xts"}});
    const auto other = ordered("key", {{"algorithm", "aes"}, {"bit_length", 256}});
    EXPECT_NE(payload(path_of(other["secret_ref"])), payload(path));
    EXPECT_EQ(client_->get("/v1/orders?limit=2", by("owner")).json()["total"], 3);
    EXPECT_EQ(client_->get("/v1/orders", by("other")).json()["total"], 0);
}

TEST_F(OrdersTest, APairOfKeysComesInAContainer) {
    const auto order = ordered("asymmetric", {{"name", "pair"},
                                              {"algorithm", "rsa"},
                                              {"bit_length", 1024},
                                              {"passphrase", "open-sesame"}});
    ASSERT_EQ(order["status"], "ACTIVE") << order;
    EXPECT_FALSE(order["meta"].contains("passphrase"));
    const auto container = client_->get(path_of(order["container_ref"]), by("owner")).json();
    EXPECT_EQ(container["type"], "rsa");
    std::map<std::string, std::string> keys;
    for (const auto& entry : container["secret_refs"])
        keys[entry["name"]] = payload(path_of(entry["secret_ref"]));
    EXPECT_EQ(keys["private_key_passphrase"], "open-sesame");
    EXPECT_TRUE(is_pair(keys["private_key"], keys["public_key"], "open-sesame"));
    EXPECT_FALSE(is_pair(keys["private_key"], keys["public_key"], "wrong"));
    EXPECT_EQ(journal_.to_jsonl().find("open-sesame"), std::string::npos);
}

TEST_F(OrdersTest, AnOrderThatCannotBeFilledIsInErrorAndSaysWhy) {
    const auto reason = [&](const std::string& type, const json& meta) {
        const auto order = ordered(type, meta);
        EXPECT_EQ(order["status"], "ERROR") << order;
        EXPECT_FALSE(order.contains("secret_ref"));
        return order.value("error_status_code", "") + " " + order.value("error_reason", "");
    };
    EXPECT_EQ(reason("key", {{"algorithm", "rot13"}, {"bit_length", 256}}),
              "400 Process TypeOrder issue seen - Secret generate supported plugin not found..");
    EXPECT_EQ(reason("key", {{"algorithm", "rsa"}, {"bit_length", 2048}}),
              "400 Process TypeOrder issue seen - Requested algorithm is not supported.");
    EXPECT_EQ(reason("asymmetric", {{"algorithm", "aes"}, {"bit_length", 256}}),
              "400 Process TypeOrder issue seen - Requested algorithm is not supported.");
    EXPECT_EQ(reason("key", {{"algorithm", "aes"}, {"bit_length", 40}}),
              "500 Process TypeOrder failure seen - please contact site administrator.");
    EXPECT_TRUE(barbican_->leftovers().empty());
}

TEST_F(OrdersTest, WrongOrdersAreRefused) {
    const auto said = [&](const json& body) {
        const auto answer = create(body);
        EXPECT_EQ(answer.status, 400) << answer.body;
        return answer.json().value("description", "");
    };
    const std::string start = "Provided object does not match schema 'Order': ";
    EXPECT_EQ(said({{"type", "key"}}),
              start + "'meta' is a required property. Invalid property: 'meta'");
    EXPECT_EQ(said({{"type", "wish"}, {"meta", json::object()}}),
              start + "'wish' is not one of ['key', 'asymmetric', 'certificate']. Invalid "
                      "property: 'type'");
    EXPECT_EQ(said({{"type", "key"}, {"meta", {{"bit_length", 256}}}}),
              start + "'algorithm' is required field for key type order. Invalid property: 'meta'");
    EXPECT_EQ(said({{"type", "asymmetric"}, {"meta", {{"algorithm", "rsa"}}}}),
              start + "'bit_length' is required field for asymmetric key type order. Invalid "
                      "property: 'meta'");
    EXPECT_EQ(said({{"type", "key"}, {"meta", {{"algorithm", "aes"}, {"bit_length", 100}}}}),
              "Provided field value is not supported");
    EXPECT_EQ(said({{"type", "key"},
                    {"meta",
                     {{"algorithm", "aes"},
                      {"bit_length", 256},
                      {"payload", "x"},
                      {"payload_content_type", "text/plain"}}}}),
              start + "'payload' not allowed for key type order. Invalid property: 'meta'");
    EXPECT_EQ(said({{"type", "key"}, {"meta", {{"algorithm", "aes"}, {"bit_length", "256"}}}}),
              "Provided object does not match schema 'Secret' within 'Order': '256' is not of type "
              "'integer'. Invalid property: 'bit_length'");
    EXPECT_EQ(create({{"type", "key"}, {"meta", json::object()}}, "audit").status, 403);
    EXPECT_EQ(client_->put("/v1/orders", {}, by("owner")).status, 405);
}

TEST_F(OrdersTest, CertificatesAreRefusedOrWaitedForInVain) {
    const auto said = [&](const json& meta) {
        const auto answer = create({{"type", "certificate"}, {"meta", meta}});
        EXPECT_EQ(answer.status, 400) << answer.body;
        return answer.json().value("description", "");
    };
    EXPECT_EQ(said({{"request_type", "full-cmc"}}), "Full CMC Requests are not yet supported.");
    EXPECT_EQ(said({{"request_type", "magic"}}), "Invalid Certificate Request Type");
    EXPECT_EQ(said({{"request_type", "simple-cmc"}}),
              "Missing required metadata field for request_data");
    EXPECT_EQ(said({{"request_type", "stored-key"}, {"subject_dn", "cn=x"}}),
              "Missing required metadata field for container_ref");
    EXPECT_EQ(said({{"profile", "p"}}), "Missing required metadata field for ca_id");
    const auto order = ordered("certificate", json::object());
    EXPECT_EQ(order["status"], "PENDING");
    EXPECT_EQ(order["sub_status"], "cert_request_pending");
}

TEST_F(OrdersTest, OnlyAnAdminOfTheProjectDeletesOne) {
    ordered("key", {{"algorithm", "aes"}, {"bit_length", 256}});
    EXPECT_EQ(client_->get(path_, by("other")).json()["description"], "Order not found.");
    EXPECT_EQ(client_->remove(path_, by("owner")).status, 403);
    EXPECT_EQ(client_->remove(path_, by("demo-admin")).status, 204);
    EXPECT_EQ(client_->get(path_, by("owner")).status, 404);
}

} // namespace
} // namespace vtpmlab::fakes::barbican
