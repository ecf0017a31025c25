# The page of results: style and script of halfulp/report/html/, d3 and the schemas of the results become one source file in the build
# folder, page_assets.cpp.  Nothing generated is kept in the repository.

set(HALFULP_D3_FOLDER /usr/share/nodejs/d3 CACHE PATH "The folder of d3 version 5 (Debian: node-d3)")
set(d3_script ${HALFULP_D3_FOLDER}/dist/d3.min.js)
if(NOT EXISTS ${d3_script})
  message(FATAL_ERROR "d3 is missing: ${d3_script} (Debian: apt-get install node-d3; elsewhere: -DHALFULP_D3_FOLDER=DIR)")
endif()
file(STRINGS ${d3_script} d3_title LIMIT_COUNT 1)
if(NOT d3_title MATCHES "d3js.org v5\\.[0-9.]+ ")
  message(FATAL_ERROR "${d3_script} is not d3 version 5 (Debian's node-d3), which the page of results is written for: ${d3_title}")
endif()

# In this order: what a script uses when it is loaded stands before it.
set(page_folder ${PROJECT_SOURCE_DIR}/halfulp/report/html)
set(page_scripts
    element number colours address tooltip table plot_frame legend heat_map axes bands plot_marks plot_notes line_plot bar_chart range_plot token_text
    wording generic profile attribute_map systematic attribute certify plan spectra_head spectra bounds growth figure experiment_answers experiment check tolerance small_verbs
    summary page)
list(TRANSFORM page_scripts PREPEND ${page_folder}/)
list(TRANSFORM page_scripts APPEND .js)
file(GLOB page_schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/schema/*.json)
set(page_files ${page_folder}/page.html ${page_folder}/style.css ${page_folder}/d3_licence.txt ${d3_script} ${page_scripts} ${page_schemas})

set(page_assets ${PROJECT_BINARY_DIR}/page_assets.cpp)
add_custom_command(
  OUTPUT ${page_assets}
  COMMAND ${CMAKE_COMMAND} "-DPAGE=${page_folder}" "-DD3=${d3_script}" "-DSCRIPTS=${page_scripts}" "-DSCHEMAS=${page_schemas}"
          -DOUTPUT=${page_assets} -P ${CMAKE_CURRENT_LIST_DIR}/embed_page.cmake
  DEPENDS ${page_files} ${CMAKE_CURRENT_LIST_DIR}/embed_page.cmake
  COMMENT "Embedding the page of results"
  VERBATIM)
target_sources(halfulp_report PRIVATE ${page_assets})
