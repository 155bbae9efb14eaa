# The program that prints generated sample data.
add_executable(yijie_generate ${CMAKE_CURRENT_LIST_DIR}/generate_main.cc)
target_link_libraries(yijie_generate PRIVATE yijie_build yijie_engine CLI11::CLI11)
