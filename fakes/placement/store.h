#pragma once
// Placement's state: the model in memory for every question, SQLite underneath for every change. A
// change is one transaction, written first and taken over by the model only when it is committed.

#include "placement/model.h"
#include "store/database.h"

#include <vtpmlab/result.h>

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::placement {

class Store {
public:
    // Standard traits newer than `os_traits_release` are not known.
    static Result<std::unique_ptr<Store>> open(const std::string& path,
                                               std::string_view os_traits_release);

    // Nothing changes while one lives; several may live at once.
    class View {
    public:
        explicit View(const Store& store) : lock_(store.mutex_), model_(store.model_) {}
        const Model* operator->() const { return &model_; }
        const Model& operator*() const { return model_; }

    private:
        std::shared_lock<std::shared_mutex> lock_;
        const Model& model_;
    };
    [[nodiscard]] View read() const { return View(*this); }

    // A batch of changes, seen by nobody until commit(). At most one put of a provider or consumer.
    class Change {
    public:
        explicit Change(Store& store)
            : lock_(store.mutex_), store_(store), session_(store.database_->write()) {}
        const Model* operator->() const { return &store_.model_; }
        const Model& operator*() const { return store_.model_; }

        void put(Provider provider);
        void erase_provider(std::string uuid);
        void put(Consumer consumer);
        void erase_consumer(std::string uuid);
        void add_trait(std::string name);
        void remove_trait(std::string name);
        void add_class(std::string name);
        void rename_class(std::string name, std::string renamed);
        void remove_class(std::string name);
        void commit();

    private:
        std::unique_lock<std::shared_mutex> lock_;
        Store& store_;
        store::Session session_;
        std::vector<std::function<void(Model&)>> pending_;
    };
    [[nodiscard]] Change change() { return Change(*this); }

    // Of everything, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name);
    [[nodiscard]] Status restore(const std::string& name);

private:
    Store(std::unique_ptr<store::Database> database, std::string os_traits_release)
        : os_traits_release_(std::move(os_traits_release)), database_(std::move(database)) {}
    void load();

    mutable std::shared_mutex mutex_;
    const std::string os_traits_release_;
    std::unique_ptr<store::Database> database_;
    Model model_;
};

} // namespace vtpmlab::fakes::placement
