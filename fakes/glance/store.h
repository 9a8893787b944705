#pragma once
// What Glance remembers: images as documents, who they are shared with, the tasks of their imports,
// and the ids of deleted images, which are never given again. Every call is one transaction. The
// data of images is in data_files.h.

#include "glance/image.h"
#include "glance/task.h"
#include "http/fault.h"
#include "store/database.h"

#include <vtpmlab/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::glance {

struct Member {
    std::string image_id;
    std::string member_id; // a project
    std::string status = "pending";
    Clock::Time created_at{};
    Clock::Time updated_at{};
};

class Store {
public:
    // An image whose upload was cut off by the end of the last process is still "saving", as the
    // real one's is: nobody goes on with it, and its owner may delete it.
    static Result<std::unique_ptr<Store>> open(const std::string& path);

    // False: the id is taken, or was.
    [[nodiscard]] bool insert(const Image& image);
    [[nodiscard]] std::optional<Image> find(std::string_view id);
    // Newest first, all or those of one name, for as long as `visit` wants more. `visit` may not
    // call the store.
    void visit(const std::string* name, const std::function<bool(Image&&)>& visit);
    // Reads, changes and writes in one go; nothing is written when `change` refuses. A missing
    // image is a 404. `change` may not call the store.
    [[nodiscard]] http::Outcome<Image>
    change(std::string_view id, const std::function<http::Outcome<void>(Image&)>& change);
    // The same, with deletion at the end.
    [[nodiscard]] http::Outcome<Image>
    remove(std::string_view id, const std::function<http::Outcome<void>(const Image&)>& check);

    [[nodiscard]] bool insert(const Member& member); // false: is there already, or no image
    [[nodiscard]] std::optional<Member> member(std::string_view image_id,
                                               std::string_view member_id);
    [[nodiscard]] std::vector<Member> members(std::string_view image_id);
    [[nodiscard]] std::vector<Member> memberships(std::string_view member_id);
    bool update(const Member& member);
    bool remove_member(std::string_view image_id, std::string_view member_id);

    // Of everything but the data, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name) { return database_->snapshot(name); }
    [[nodiscard]] Status restore(const std::string& name) { return database_->restore(name); }
    void insert(const Task& task);
    // Oldest first; those that expired are forgotten.
    [[nodiscard]] std::vector<Task> tasks(Clock::Time now);

    // For what is kept beside images.
    [[nodiscard]] store::Database& database() { return *database_; }

private:
    explicit Store(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}
    std::unique_ptr<store::Database> database_;
};

[[nodiscard]] tl::unexpected<http::Fault> no_image(std::string_view id);

} // namespace vtpmlab::fakes::glance
