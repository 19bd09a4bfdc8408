#pragma once

#include <lodger/store/client.hpp>

#include <string>
#include <vector>

namespace lodger::bench {

/// The reads that are measured, on the host and in the guest alike: some of a hundred keys, one by
/// one or pipelined.
template <Hypervisor H>
class Reads {
public:
    static constexpr std::size_t most_keys = 100;

    /// @param directory where the keys are
    Reads(store::Client<H>& client, std::string const& directory) : client_{client}
    {
        for (std::size_t i = 0; i < most_keys; ++i)
            names_.push_back(directory + "/key-" + std::to_string(i));
        for (std::string const& name : names_)
            paths_.emplace_back(std::string_view{name});
    }

    std::string const& name(std::size_t key) const { return names_[key]; }
    static std::string value(std::size_t key) { return std::to_string(51712 + key); }

    Result<> write_keys()
    {
        for (std::size_t i = 0; i < most_keys; ++i)
            LODGER_TRY(client_.write(paths_[i], std::string_view{value(i)}));
        return {};
    }

    Result<> one_by_one(std::size_t keys)
    {
        std::array<char, 64> buffer;
        for (std::size_t i = 0; i < keys; ++i)
            LODGER_TRY(check(client_.read(paths_[i], buffer)));
        return {};
    }

    Result<> pipelined(std::size_t keys)
    {
        return client_.read_each(
            std::span{paths_}.first(keys), client_.patience(),
            [](std::size_t, Result<std::string_view> const& value) { return check(value); });
    }

private:
    static Result<> check(Result<std::string_view> const& value)
    {
        if (!value)
            return Failure{value.error()};
        return value->size() == 5 ? Result<>{} : Failure{Errc::protocol};
    }

    store::Client<H>& client_;
    std::vector<std::string> names_;
    std::vector<store::Path> paths_;
};

} // namespace lodger::bench
