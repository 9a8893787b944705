# Run by ctest itself, through the file vtpmlab_add_scenarios() generated: asks `vtpmlab list` what
# there is, and declares the tests. What was found is kept, and asked for again only when a scenario
# or the program has changed.

function(_vtpmlab_stamp variable)
    file(GLOB_RECURSE files "${vtpmlab_scenarios}/*.yaml" "${vtpmlab_scenarios}/*.yml")
    set(stamp "1 ${vtpmlab_program} ${vtpmlab_depths} ${vtpmlab_labels} ${vtpmlab_arguments}")
    foreach(file IN LISTS files ITEMS "${vtpmlab_program}" "${CMAKE_CURRENT_FUNCTION_LIST_FILE}")
        file(TIMESTAMP "${file}" time "%s" UTC)
        string(APPEND stamp " ${file} ${time}")
    endforeach()
    string(MD5 stamp "${stamp}")
    set(${variable} "${stamp}" PARENT_SCOPE)
endfunction()

# A text as one argument of the script that is written.
function(_vtpmlab_quote variable text)
    set(${variable} "[==[${text}]==]" PARENT_SCOPE)
endfunction()

# A test that fails and says why: scenarios that cannot be listed must not vanish silently.
function(_vtpmlab_broken script name text)
    _vtpmlab_quote(text "${text}")
    set(${script} "add_test([==[${name}]==] [==[${CMAKE_COMMAND}]==] -E false)
set_tests_properties([==[${name}]==] PROPERTIES LABELS scenario)
message(${text})\n" PARENT_SCOPE)
endfunction()

function(_vtpmlab_discover script_variable)
    set(root_name "${vtpmlab_prefix}.list")
    if(NOT EXISTS "${vtpmlab_program}")
        _vtpmlab_broken(script "${root_name}" "${vtpmlab_program} is not built")
        set(${script_variable} "${script}" PARENT_SCOPE)
        return()
    endif()
    execute_process(COMMAND "${vtpmlab_program}" list --format json "${vtpmlab_scenarios}"
                    OUTPUT_VARIABLE listed ERROR_VARIABLE complaint RESULT_VARIABLE status)
    set(script "")
    if(NOT status EQUAL 0)
        _vtpmlab_broken(script "${root_name}" "${complaint}")
    endif()
    string(JSON count ERROR_VARIABLE no_json LENGTH "${listed}")
    if(no_json OR count EQUAL 0)
        if(status EQUAL 0)
            _vtpmlab_broken(script "${root_name}"
                "${vtpmlab_program} lists no scenario in ${vtpmlab_scenarios}: ${listed}")
        endif()
        set(${script_variable} "${script}" PARENT_SCOPE)
        return()
    endif()
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
        string(JSON file GET "${listed}" ${index} file)
        string(JSON seconds GET "${listed}" ${index} timeout_seconds)
        string(JSON depths GET "${listed}" ${index} depths)
        string(JSON label_count LENGTH "${listed}" ${index} labels)
        string(JSON case_count LENGTH "${listed}" ${index} cases)
        set(labels scenario ${vtpmlab_labels})
        if(label_count GREATER 0)
            math(EXPR last_label "${label_count} - 1")
            foreach(at RANGE ${last_label})
                string(JSON label GET "${listed}" ${index} labels ${at})
                list(APPEND labels "${label}")
            endforeach()
        endif()
        file(RELATIVE_PATH id "${vtpmlab_scenarios}" "${file}")
        string(REGEX REPLACE "\\.ya?ml$" "" id "${id}")
        # Above what the cases may take by themselves: bringing clouds up, and the clean-up that
        # tells what went wrong.
        math(EXPR timeout "${seconds} + 120")
        foreach(depth IN LISTS vtpmlab_depths)
            string(FIND "${depths}" "\"${depth}\"" found)
            if(found EQUAL -1)
                continue() # the scenario does not want it: nothing to skip, nothing to say
            endif()
            set(name "${vtpmlab_prefix}.${depth}.${id}")
            # A guest waits as often as it computes, so two side by side; one case needs no second place.
            set(jobs 1)
            set(cost 1)
            if(depth STREQUAL "guest")
                # Seconds, about. ctest begins with what is dear, and fills the places that are left
                # with single ones.
                math(EXPR cost "10 * ${case_count}")
                if(case_count GREATER 1)
                    set(jobs 2)
                endif()
            endif()
            set(out "${vtpmlab_results}/${depth}/${id}")
            string(APPEND script "add_test([==[${name}]==] [==[${vtpmlab_program}]==] run [==[${file}]==]"
                " --depth ${depth} --jobs ${jobs} --out [==[${out}]==] --junit [==[${out}/junit.xml]==]")
            foreach(argument IN LISTS vtpmlab_arguments)
                string(APPEND script " [==[${argument}]==]")
            endforeach()
            string(APPEND script ")\n"
                "set_tests_properties([==[${name}]==] PROPERTIES LABELS [==[${labels};${depth}]==]"
                " TIMEOUT ${timeout} PROCESSORS ${jobs} COST ${cost} SKIP_RETURN_CODE 77)\n")
        endforeach()
    endforeach()
    set(${script_variable} "${script}" PARENT_SCOPE)
endfunction()

_vtpmlab_stamp(_vtpmlab_now)
set(_vtpmlab_known "")
if(EXISTS "${vtpmlab_cache}")
    file(STRINGS "${vtpmlab_cache}" _vtpmlab_known LIMIT_COUNT 1)
endif()
if(NOT _vtpmlab_known STREQUAL "# ${_vtpmlab_now}")
    _vtpmlab_discover(_vtpmlab_script)
    # Beside and renamed: two ctests may do this at once.
    string(RANDOM LENGTH 8 _vtpmlab_suffix)
    file(WRITE "${vtpmlab_cache}.${_vtpmlab_suffix}" "# ${_vtpmlab_now}\n${_vtpmlab_script}")
    file(RENAME "${vtpmlab_cache}.${_vtpmlab_suffix}" "${vtpmlab_cache}")
endif()
include("${vtpmlab_cache}")
