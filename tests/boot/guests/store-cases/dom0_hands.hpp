#pragma once

#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/services.hpp>

#include <string>

namespace store_cases_guest {

using namespace lodger;

/// What dom0 does for this guest, by way of two nodes that are dom0's: tests/boot/dom0/hands.c.
/// Nothing here counts against the guest's quotas but one watch, while it is waiting. A test
/// without its hands is no test, so whatever goes wrong with them ends the guest.
class Dom0Hands {
public:
    Dom0Hands(Store& client, Domain self)
        : client_{client},
          directory_{"/hands/" + std::to_string(self.value)}
    {
    }

    /// @param operation a letter of hands.c
    /// @return what was read
    std::string perform(char operation, std::string_view path, std::string_view argument = {})
    {
        std::string const number = std::to_string(++last_) + ' ';
        std::string ask = number + operation + ' ';
        ask.append(path).append(1, '\0').append(argument);
        if (!client_.write({directory_, "ask"}, std::string_view{ask}))
            runtime::panic("cannot ask dom0's hands for anything");
        return wait_for_answer(number);
    }

private:
    std::string wait_for_answer(std::string_view number)
    {
        std::string result;
        auto const answered = client_.wait_until(
            [&](auto& observer) -> Result<bool> {
                auto const answer = LODGER_TRY(observer.read({directory_, "answer"}, buffer_));
                if (answer.starts_with(number))
                    result = answer.substr(number.size());
                return answer.starts_with(number);
            },
            after(guest(), 4 * Store::default_patience)); // some of what they do takes long
        if (!answered)
            runtime::panic("dom0's hands do not answer");
        return result;
    }

    Store& client_;
    std::string directory_;
    unsigned last_ = 0;
    std::array<char, store::most_payload> buffer_{};
};

} // namespace store_cases_guest
