# cmake --toolchain .../lib/cmake/Lodger/lodger-toolchain.cmake
# Has CMake compile by lodger-c++ and lodger-cc of the same installation, wherever that is.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

get_filename_component(_lodger_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(CMAKE_C_COMPILER "${_lodger_prefix}/bin/lodger-cc")
set(CMAKE_CXX_COMPILER "${_lodger_prefix}/bin/lodger-c++")

# find_package(Lodger) finds this installation; no library or header is looked for on the host.
set(Lodger_DIR "${CMAKE_CURRENT_LIST_DIR}")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH "${_lodger_prefix}/lib/lodger")
unset(_lodger_prefix)
