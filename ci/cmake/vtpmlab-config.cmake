# find_package(vtpmlab): the program as vtpmlab::vtpmlab, and vtpmlab_add_scenarios().
include("${CMAKE_CURRENT_LIST_DIR}/vtpmlab-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/VtpmlabScenarios.cmake")
