# find_package(Lodger) gives lodger_add_image(). It wants to be configured with the toolchain file
# beside this one, since an image is made by Lodger's compiler.
if(NOT CMAKE_CXX_COMPILER MATCHES "lodger-c\\+\\+$")
  set(Lodger_FOUND FALSE)
  set(Lodger_NOT_FOUND_MESSAGE
      "images are made by lodger-c++: configure with --toolchain ${CMAKE_CURRENT_LIST_DIR}/lodger-toolchain.cmake")
  return()
endif()

get_filename_component(LODGER_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(LODGER_RUN "${LODGER_PREFIX}/bin/lodger-run")

# lodger_add_image(NAME SOURCE... [RUN ARGUMENT...])
# An executable target NAME, the image NAME.elf; and a target run-NAME, which runs it by lodger-run
# with the arguments after RUN, such as RUN --mode pvh --disk data.img.
function(lodger_add_image name)
  cmake_parse_arguments(PARSE_ARGV 1 image "" "" RUN)
  if(NOT image_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lodger_add_image(${name}): no sources")
  endif()
  add_executable(${name} ${image_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES SUFFIX .elf)
  add_custom_target(run-${name}
    COMMAND "${LODGER_RUN}" "$<TARGET_FILE:${name}>" ${image_RUN}
    DEPENDS ${name} USES_TERMINAL VERBATIM)
endfunction()
