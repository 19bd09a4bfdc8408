#include "program.hpp"

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <ranges>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

void print(char const* label, auto&& numbers)
{
    std::printf("%s:", label);
    for (auto const& number : numbers)
        std::printf(" %d", number);
    std::printf("\n");
}

} // namespace

PROGRAM(containers)
{
    std::vector<int> numbers(20);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::ranges::reverse(numbers);
    std::ranges::sort(numbers, {}, [](int n) { return n * 7 % 20; });
    print("vector", numbers);
    numbers.erase(
        std::remove_if(numbers.begin(), numbers.end(), [](int n) { return n % 3; }), numbers.end());
    print("erased", numbers);
    std::deque<int> deque{3, 4};
    deque.push_front(2);
    deque.push_back(5);
    print("deque", deque);
    std::list<int> list{9, 8, 7};
    list.splice(list.begin(), std::list<int>{1, 2});
    list.sort();
    print("list", list);
    print("set", std::set<int>{5, 1, 3, 1, 5});
    std::priority_queue<int> heap{std::less<int>{}, std::vector{4, 9, 2}};
    heap.push(7);
    for (; !heap.empty(); heap.pop())
        std::printf("heap %d\n", heap.top());
    print("views", std::views::iota(1, 30) | std::views::filter([](int n) {
                       return n % 4 == 1;
                   }) | std::views::transform([](int n) { return n * n; }));
}

PROGRAM(strings_and_maps)
{
    std::map<std::string, std::vector<std::string>> by_first;
    for (std::string const word : {"xvda", "xvdb", "sda", "hda", "a name that is not short at all"})
        by_first[word.substr(0, 1)].push_back(word);
    for (auto const& [letter, words] : by_first) {
        std::printf("%s:", letter.c_str());
        for (auto const& word : words)
            std::printf(" [%s]", word.c_str());
        std::printf("\n");
    }
    std::unordered_map<int, std::string> names{{1, "one"}, {2, "two"}};
    for (int i = 3; i < 1000; ++i)
        names.emplace(i, std::to_string(i));
    std::printf(
        "%zu names, 2 is %s, 500 is %s, %zu of 1000\n", names.size(), names[2].c_str(),
        names.at(500).c_str(), names.count(1000));
    std::string text = "the quick brown fox";
    text.replace(text.find("quick"), 5, "slow").insert(0, ">> ");
    std::printf("%s, %zu, %d\n", text.c_str(), text.rfind('o'), std::stoi("0x1f", nullptr, 16));
}

PROGRAM(sum_types_and_owners)
{
    using Either = std::variant<int, std::string, std::monostate>;
    for (Either const& either : {Either{7}, Either{"text"}, Either{std::monostate{}}})
        std::printf("variant holds number %zu\n", either.index());
    std::optional<int> nothing;
    std::printf("%d %d\n", nothing.value_or(-1), std::optional{5}.value());
    auto const shared = std::make_shared<std::string>("shared");
    std::weak_ptr<std::string> const weak = shared;
    {
        auto const copy = weak.lock();
        std::printf("%s, %ld owners\n", copy->c_str(), copy.use_count());
    }
    std::printf("%ld owner\n", weak.use_count());
}
