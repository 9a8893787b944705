// /v1/orders: keys Barbican makes itself. They are made before the answer is given, so an order is
// never seen PENDING; only one for a certificate is, because there is no authority to sign it.

#include "barbican/body_check.h"
#include "barbican/key_generation.h"
#include "barbican/routes.h"
#include "barbican/secret_body.h"
#include "http/json.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view order_schema = R"({
    "type": "object",
    "properties": {
        "meta": {"type": "object", "required": true},
        "type": {"type": "string", "required": true, "enum": ["key", "asymmetric", "certificate"]}
    }})";

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What the secrets of the order shall be like, checked as if they were sent.
Outcome<Secret> ordered_key(const json& meta, const char* type, Clock::Time now) {
    VTPMLAB_TRY(Secret secret, ordered_secret(meta, now));
    const auto wrong = [&](const char* format) {
        return no_match("Order", fmt::format(fmt::runtime(format), type), "meta");
    };
    if (const auto payload = meta.find("payload"); payload != meta.end() && !payload->is_null())
        return wrong("'payload' not allowed for {} type order");
    if (!secret.algorithm || secret.algorithm->empty())
        return wrong("'algorithm' is required field for {} type order");
    if (!secret.bit_length)
        return wrong("'bit_length' is required field for {} type order");
    if (*secret.bit_length % 8 != 0)
        return refuse(400, "Provided field value is not supported");
    return secret;
}

tl::unexpected<http::Fault> missing(const char* field) {
    return refuse(400, fmt::format("Missing required metadata field for {}", field));
}

Outcome<void> check_certificate(const json& meta) {
    if (const auto payload = meta.find("payload"); payload != meta.end() && !payload->is_null())
        return no_match("Order", "'payload' not allowed for certificate type order", "meta");
    if (meta.contains("profile") && !meta.contains("ca_id"))
        return missing("ca_id");
    const auto type = meta.contains("request_type") ? text_at(meta, "request_type") : "custom";
    if (type == "full-cmc")
        return refuse(400, "Full CMC Requests are not yet supported.");
    if (type == "simple-cmc") {
        if (!meta.contains("request_data"))
            return missing("request_data");
        if (!base64_decode(text_at(meta, "request_data")))
            return refuse(400, "Unable to decode request data.");
    } else if (type == "stored-key") {
        for (const char* field : {"container_ref", "subject_dn"})
            if (!meta.contains(field))
                return missing(field);
        if (meta.contains("extensions"))
            return refuse(400, "Extensions are not yet supported.  Specify a valid profile "
                               "instead.");
    } else if (type != "custom") {
        return refuse(400, "Invalid Certificate Request Type");
    }
    return {};
}

// Makes what was ordered, or marks the order as failed: that is no error of the request.
class Production {
public:
    Production(Order& order, Secret like) : order_(order), like_(std::move(like)) {
        like_.project_id = order.project_id;
        like_.creator_id = order.creator_id;
        like_.created = like_.updated = order.created;
        if (!like_.content_type)
            like_.content_type = "application/octet-stream";
    }

    Generated key() {
        Generated made;
        if (!is_possible(KeyKind::symmetric))
            return made;
        order_.secret_id = add(made, "symmetric", random_key(*like_.bit_length));
        return made;
    }

    Generated pair(const SecretValue& passphrase) {
        Generated made;
        if (!is_possible(KeyKind::asymmetric))
            return made;
        auto keys = new_key_pair(*like_.algorithm, *like_.bit_length, passphrase);
        Container container;
        container.id = random_uuid();
        container.name = like_.name;
        container.type = lowered(*like_.algorithm);
        container.project_id = order_.project_id;
        container.creator_id = order_.creator_id;
        container.created = container.updated = order_.created;
        const auto hold = [&](const char* name, const char* type, SecretValue value) {
            container.secrets.push_back({name, add(made, type, std::move(value))});
        };
        hold("private_key", "private", std::move(keys.private_key));
        hold("public_key", "public", std::move(keys.public_key));
        if (!passphrase.empty())
            hold("private_key_passphrase", "passphrase", passphrase.clone());
        order_.container_id = container.id;
        made.container = std::move(container);
        return made;
    }

private:
    std::string add(Generated& made, const char* type, SecretValue value) {
        Secret secret = like_;
        secret.id = random_uuid();
        secret.type = type;
        const auto id = secret.id;
        made.secrets.emplace_back(std::move(secret), std::move(value));
        return id;
    }

    // The three ways in which Barbican finds out that it cannot.
    bool is_possible(KeyKind wanted) {
        const auto name = lowered(*like_.algorithm);
        constexpr std::array known = {
            "diffie_hellman", "dsa",      "rsa",        "ec",         "aes",       "des",
            "desede",         "hmacsha1", "hmacsha256", "hmacsha384", "hmacsha512"};
        if (std::find(known.begin(), known.end(), name) == known.end())
            return failed("400", "issue seen - Secret generate supported plugin not found..");
        if (key_kind(name) != wanted)
            return failed("400", "issue seen - Requested algorithm is not supported.");
        if (!makes_key(name, *like_.bit_length, like_.mode.value_or("")))
            return failed("500", "failure seen - please contact site administrator.");
        return true;
    }

    bool failed(const char* status, const std::string& reason) {
        order_.status = "ERROR";
        order_.error_status_code = status;
        order_.error_reason = "Process TypeOrder " + reason;
        order_.sub_status.clear();
        order_.sub_status_message.clear();
        return false;
    }

    Order& order_;
    Secret like_;
};

// What is sent as meta is kept and shown again, normalised. Not the passphrase: Barbican keeps that
// in the clear beside the secret it sealed, which is no example to follow.
json kept_meta(json meta, const Secret& like) {
    meta.erase("passphrase");
    meta["name"] = like.name ? json(*like.name) : json(nullptr);
    meta["expiration"] = like.expiration ? json(iso_time(*like.expiration)) : json(nullptr);
    return meta;
}

Outcome<Response> create(Parts parts, const Request& request) {
    static const BodySchema schema("Order", order_schema);
    VTPMLAB_CHECK(need_permission(parts, request, "orders:post", "Order creation"));
    VTPMLAB_TRY(const json body, schema.body_of(request));
    Order order;
    order.id = random_uuid();
    order.type = body["type"].get<std::string>();
    order.project_id = request.caller->project_id;
    order.creator_id = request.caller->user_id;
    order.created = order.updated = parts.clock.now();
    order.status = "ACTIVE";
    order.sub_status = order.sub_status_message = "Unknown";
    const json& meta = body["meta"];
    Generated generated;
    if (order.type == "certificate") {
        VTPMLAB_CHECK(check_certificate(meta));
        order.meta = http::dump_json(meta);
        order.status = "PENDING";
        order.sub_status = "cert_request_pending";
        order.sub_status_message = "Request has been submitted to the CA.  Waiting for certificate "
                                   "to be generated";
    } else {
        const bool single = order.type == "key";
        VTPMLAB_TRY(Secret like,
                    ordered_key(meta, single ? "key" : "asymmetric key", order.created));
        order.meta = http::dump_json(kept_meta(meta, like));
        Production production(order, std::move(like));
        generated =
            single ? production.key() : production.pair(SecretValue(text_at(meta, "passphrase")));
    }
    if (!parts.store.insert(order, generated))
        return quota_reached("Order creation");
    const auto reference = reference_to(request, "orders", order.id);
    return Response::json(202, {{"order_ref", reference}}).with("Location", reference);
}

json described(const Order& order, const Request& request) {
    json body = {{"order_ref", reference_to(request, "orders", order.id)},
                 {"type", order.type},
                 {"meta", json::parse(order.meta)},
                 {"status", order.status},
                 {"creator_id", order.creator_id},
                 {"created", iso_time(order.created)},
                 {"updated", iso_time(order.updated)}};
    if (!order.sub_status.empty()) {
        body["sub_status"] = order.sub_status;
        body["sub_status_message"] = order.sub_status_message;
    }
    if (order.secret_id)
        body["secret_ref"] = reference_to(request, "secrets", *order.secret_id);
    if (order.container_id)
        body["container_ref"] = reference_to(request, "containers", *order.container_id);
    if (order.error_status_code)
        body["error_status_code"] = *order.error_status_code;
    if (order.error_reason)
        body["error_reason"] = *order.error_reason;
    return body;
}

// Looked up in the caller's own project: another's order is missing, not forbidden.
Outcome<Order> allowed_order(Parts parts, const Request& request, std::string_view action,
                             std::string_view operation) {
    auto order = parts.store.find_order(request.parameter("id"), request.caller->project_id);
    if (!order)
        return refuse(404, "Order not found.");
    const PolicyTarget target{"order", order->project_id, order->creator_id};
    if (!parts.policy.allows(action, *request.caller, &target))
        return not_allowed(operation);
    return std::move(*order);
}

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Order order, allowed_order(parts, request, "order:get", "Order retrieval"));
    return Response::json(200, described(order, request));
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "orders:get", "Order(s) retrieval"));
    const OrderFilter filter{request.caller->project_id, filter_text(request, "meta"),
                             paging_of(request)};
    const auto page = parts.store.list(filter);
    auto orders = json::array();
    for (const auto& order : page.items)
        orders.push_back(described(order, request));
    return Response::json(
        200, listed(request, "orders", "orders", std::move(orders), filter.paging, page.total));
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Order order, allowed_order(parts, request, "order:delete", "Order deletion"));
    parts.store.remove_order(order.id);
    return Response::empty(204);
}

Outcome<Response> update(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "orders:put", "Order update"));
    return refuse(405, "Order update is not supported.");
}

} // namespace

std::vector<http::Route> order_routes(Parts parts) {
    RouteTable table(parts);
    table.add("GET", "/v1/orders", list);
    table.add("POST", "/v1/orders", create, Body::bytes);
    table.add("PUT", "/v1/orders", update);
    table.add("GET", "/v1/orders/{id}", show);
    table.add("DELETE", "/v1/orders/{id}", remove);
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
