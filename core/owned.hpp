#pragma once

#include <utility>

namespace lodger {

/// One resource, and whoever takes it back: the single RAII type below ports, pages, grants and
/// watches. Move-only; destruction calls `give_back(provider, handle)`, which must not fail.
/// Where giving back can fail in a way that matters, the owning class has an explicit end that
/// consumes it, and uses `disown()`.
template <class Provider, class Handle, auto give_back>
class Owned {
public:
    Owned() = default;
    Owned(Provider& provider, Handle handle) : provider_{&provider}, handle_{std::move(handle)} {}
    Owned(Owned&& other) noexcept
        : provider_{std::exchange(other.provider_, nullptr)},
          handle_{std::move(other.handle_)}
    {
    }
    Owned& operator=(Owned&& other) noexcept
    {
        Owned taken{std::move(other)};
        std::swap(provider_, taken.provider_);
        std::swap(handle_, taken.handle_);
        return *this;
    }
    ~Owned()
    {
        if (provider_)
            give_back(*provider_, std::move(handle_));
    }

    explicit operator bool() const { return provider_ != nullptr; }
    Provider& provider() const { return *provider_; }
    Handle const& handle() const { return handle_; }

    /// The resource, which is the caller's to give back from now on.
    [[nodiscard]] Handle disown()
    {
        provider_ = nullptr;
        return std::move(handle_);
    }

private:
    Provider* provider_ = nullptr;
    Handle handle_{};
};

} // namespace lodger
