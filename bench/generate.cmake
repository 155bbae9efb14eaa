# Generated sample data: the library for benchmarks and tests, and the program.
add_library(yijie_generate_lib STATIC ${CMAKE_CURRENT_LIST_DIR}/generate.cc)
target_link_libraries(yijie_generate_lib PUBLIC yijie_build PRIVATE yijie_base yijie_engine absl::str_format)

add_executable(yijie_generate ${CMAKE_CURRENT_LIST_DIR}/generate_main.cc)
target_link_libraries(yijie_generate PRIVATE yijie_generate_lib CLI11::CLI11)
