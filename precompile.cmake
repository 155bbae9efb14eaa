# Three sets of precompiled headers, each the one before and more: messages (for the engine), calls (for what speaks gRPC)
# and tests. Not in them, because whoever has it pays for it though it is precompiled: the generated services (3 s of templates)
# and CLI11 (3 s of code).
set(messages <algorithm> <array> <atomic> <chrono> <filesystem> <fstream> <functional> <iostream> <map> <memory>
  <optional> <set> <sstream> <string> <thread> <tuple> <utility> <vector>
  <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h> <absl/status/statusor.h> <absl/strings/escaping.h>
  <absl/strings/match.h> <absl/strings/numbers.h> <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/strings/str_join.h> <absl/strings/str_replace.h> <absl/strings/str_split.h> <absl/strings/strip.h>
  <absl/time/clock.h> <absl/time/time.h> <google/protobuf/text_format.h>)
get_directory_property(protos DIRECTORY proto DEFINITION YIJIE_PROTOS)
list(TRANSFORM protos REPLACE "(.+)\\.proto" "<\\1.pb.h>")
list(APPEND messages ${protos})

set(calls ${messages} <grpcpp/grpcpp.h>)
set(tests ${calls} <gmock/gmock.h> <gtest/gtest.h>)

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cc CONTENT "")
foreach(set IN ITEMS messages calls tests)
  add_library(yijie_precompiled_${set} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled.cc)
  target_link_libraries(yijie_precompiled_${set} PRIVATE yijie_build yijie_grpc)
  target_precompile_headers(yijie_precompiled_${set} PRIVATE ${${set}})
endforeach()
target_link_libraries(yijie_precompiled_tests PRIVATE GTest::gmock)

# precompile(SET TARGET...)
function(precompile set)
  foreach(target IN LISTS ARGN)
    target_precompile_headers(${target} REUSE_FROM yijie_precompiled_${set})
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
  endforeach()
endfunction()

precompile(messages yijie_rules yijie_engine)
precompile(calls yijie_server yijie yijie_bench yijie_load)
get_directory_property(folders DIRECTORY tests SUBDIRECTORIES)
foreach(folder IN LISTS folders ITEMS ${PROJECT_SOURCE_DIR}/tests)
  get_directory_property(targets DIRECTORY ${folder} BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(linked ${target} LINK_LIBRARIES)
    if(linked MATCHES "GTest")
      precompile(tests ${target})
    elseif(linked)
      precompile(calls ${target})
    endif()
  endforeach()
endforeach()
