#include "program.hpp"

#include <cstdint>
#include <iomanip>
#include <iostream>
#include <limits>
#include <locale>
#include <regex>
#include <sstream>
#include <string>

PROGRAM(streams)
{
    std::cout << "int " << 42 << ' ' << -1L << ' ' << std::hex << std::showbase << 255 << ' '
              << std::oct << 8 << std::dec << '\n';
    std::cout << std::setw(8) << std::setfill('*') << 7 << '|' << std::left << std::setw(6) << "ab"
              << '|' << std::internal << std::setw(8) << -5 << '\n'
              << std::setfill(' ') << std::right;
    std::cout << std::fixed << std::setprecision(3) << 3.14159 << ' ' << std::scientific
              << 12345.678 << ' ' << std::defaultfloat << std::setprecision(6) << 0.1 << ' '
              << 1e100 << '\n';
    std::cout << std::boolalpha << true << ' ' << std::noboolalpha << false << ' '
              << std::numeric_limits<std::int64_t>::min() << '\n';
    std::istringstream in{"17 0x1f 2.5e3 word rest of the line\nlast"};
    int number = 0;
    std::string word, line, last;
    double real = 0;
    unsigned hex = 0;
    in >> number >> std::hex >> hex >> real >> word;
    std::getline(in, line);
    std::getline(in, last);
    std::cout << number << ',' << hex << ',' << real << ',' << word << ',' << line << ',' << last
              << ',' << in.eof() << in.fail() << '\n';
    std::istringstream wrong{"x1"};
    wrong >> number;
    std::cout << number << ' ' << wrong.fail() << std::endl;
    std::ostringstream out;
    out << std::quoted("a \"b\"") << std::put_money(1234);
    std::cout << out.str() << ' ' << out.tellp() << '\n';
    std::cerr << "";
    std::clog << std::flush;
    std::cout.flush();
}

PROGRAM(locale_c)
{
    std::locale const classic = std::locale::classic();
    auto const& numbers = std::use_facet<std::numpunct<char>>(classic);
    std::cout << classic.name() << ' ' << numbers.decimal_point() << ' '
              << numbers.grouping().size() << ' ' << numbers.truename() << '\n';
    for (char const c : std::string{"aZ5 \n_"})
        std::cout << std::isalpha(c, classic) << std::isdigit(c, classic)
                  << std::isspace(c, classic) << std::isupper(c, classic)
                  << static_cast<int>(std::toupper(c, classic)) << ' ';
    std::cout << '\n';
    try {
        std::locale const there_is_none{"xx_YY"};
    } catch (std::runtime_error const& error) {
        std::cout << error.what() << '\n';
    }
    std::cout.flush();
}

PROGRAM(regular_expressions)
{
    std::regex const device{"(xvd|sd)([a-z]+)([0-9]*)"};
    for (std::string const name : {"xvda", "sdb12", "hda", "xvdaa3"}) {
        std::smatch match;
        if (std::regex_match(name, match, device))
            std::cout << name << ": " << match[2] << '/' << match[3] << '\n';
        else
            std::cout << name << ": no match\n";
    }
    std::cout << std::regex_replace(std::string{"a1b22c333"}, std::regex{"[0-9]+"}, "#")
              << std::endl;
}
