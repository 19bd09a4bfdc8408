#pragma once

#include "dom0_hands.hpp"
#include <lodger/runtime/thread.hpp>
#include <lodger/tests/xenstored/cases/under_test.hpp>

#include <set>
#include <vector>

namespace store_cases_guest {

/// The XenStore that this guest was given, as a store under test. There is one guest, which cannot
/// be another one as well: cases that need two are not for it.
class GuestStore {
public:
    using Guest = lodger::Guest;
    static constexpr int rounds = 150; ///< each takes milliseconds on an emulated machine

    GuestStore(Store& client, Domain self) : client_{client}, self_{self}, hands_{client, self}
    {
        renew_data();
    }

    Guest& guest() { return lodger::guest(); }
    Guest& other() { runtime::panic("there is no other guest"); }
    Domain guest_id() const { return self_; }
    /// Not this one, whether there is such a domain or not.
    Domain other_id() const { return Domain{static_cast<std::uint16_t>(self_.value + 1)}; }
    store::Page& page(Guest& guest)
    {
        return *reinterpret_cast<store::Page*>(guest.boot_info().store_page);
    }
    Port port(Guest& guest) { return guest.boot_info().store_port; }

    void write(std::string_view path, std::string_view value)
    {
        remember(path);
        // A node of the guest's, as which it is handed over, could not hold the longest values.
        if (value.size() > 1000 && value.find_first_not_of('v') == value.npos)
            hands_.perform('f', path, std::to_string(value.size()) + '\0');
        else
            hands_.perform('w', path, value);
    }
    void write_numbered(std::string const& path, int count, std::string_view value)
    {
        remember(path);
        hands_.perform('n', path, std::to_string(count) + ' ' + std::string{value} + '\0');
    }
    void rm(std::string_view path) { hands_.perform('d', path); }
    void permit(std::string_view path, store::Permissions const& permissions)
    {
        hands_.perform('p', path, permissions.payload().value().view());
    }
    std::string read(std::string_view path) { return hands_.perform('r', path); }

    void start(Guest&, std::function<void()> body)
    {
        threads_.push_back(runtime::spawn({"beside"}, std::move(body)).value());
    }
    void join() { threads_.clear(); }

    /// Makes it as it was at first, for the next case.
    Result<> tidy_up()
    {
        for (std::string const& path : written_)
            rm(path);
        written_.clear();
        rm(data());
        renew_data();
        return client_.reset_watches();
    }

private:
    std::string data() { return store_cases::home(*this, "data"); }

    /// As libxl makes it: the guest's own.
    void renew_data()
    {
        hands_.perform('w', data());
        permit(data(), {{self_, store::Rights::none}});
    }

    /// Remembers what there was not before: all that is not in `data` but in a directory beside it
    /// or at the root. `control` is older than the cases.
    void remember(std::string_view path)
    {
        std::string const home = store_cases::home(*this) + '/';
        std::size_t const start = path.starts_with(home) ? home.size() : 1;
        auto const top = path.substr(0, path.find('/', start));
        written_.insert(std::string{top.ends_with("/control") ? path : top});
    }

    Store& client_;
    Domain self_;
    Dom0Hands hands_;
    std::set<std::string> written_;
    std::vector<runtime::ThreadHandle> threads_;
};

static_assert(store_cases::StoreUnderTest<GuestStore>);

} // namespace store_cases_guest
