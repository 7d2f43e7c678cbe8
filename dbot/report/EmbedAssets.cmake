# cmake -DASSETS=<folder> -DCHART=<chart.min.js> -DSCRIPTS=<a.js,b.js,…> -DCHECK_SCRIPTS=<a.js,b.js,…>
#       -DSEARCH_SCRIPTS=<a.js,b.js,…> -DOUTPUT=<file.cpp> -P EmbedAssets.cmake
# Writes one source file that holds the pages' template, style, scripts and the chart library.
function(append_text text_variable function_name content)
  string(APPEND ${text_variable} "
std::string_view ${function_name}() {
  static constexpr char text[] = R\"dbot_asset(${content})dbot_asset\";
  return {text, sizeof(text) - 1};
}
")
  set(${text_variable} "${${text_variable}}" PARENT_SCOPE)
endfunction()

set(definitions "")
file(READ ${ASSETS}/report.html html)
file(READ ${ASSETS}/report.css css)
file(READ ${CHART} chart)

function(read_joined names_text text_variable)
  set(text "")
  string(REPLACE "," ";" names "${names_text}")
  foreach(name ${names})
    file(READ ${ASSETS}/${name} part)
    string(APPEND text "${part}")
  endforeach()
  set(${text_variable} "${text}" PARENT_SCOPE)
endfunction()

read_joined("${SCRIPTS}" script)
read_joined("${CHECK_SCRIPTS}" check_script)
read_joined("${SEARCH_SCRIPTS}" search_script)
foreach(text "${html}" "${css}" "${chart}" "${script}" "${check_script}" "${search_script}")
  if(text MATCHES "</script" AND NOT text STREQUAL html)
    message(FATAL_ERROR "an asset of the report holds </script")
  endif()
endforeach()
append_text(definitions page_template "${html}")
append_text(definitions page_style "${css}")
append_text(definitions chart_library "${chart}")
append_text(definitions page_script "${script}")
append_text(definitions check_script "${check_script}")
append_text(definitions search_script "${search_script}")
file(WRITE ${OUTPUT} "// Made from assets/ by EmbedAssets.cmake.
#include \"dbot/report/page/page_assets.h\"

namespace dbot::report {
${definitions}
}  // namespace dbot::report
")
