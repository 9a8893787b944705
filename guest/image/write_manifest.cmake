# cmake -DKERNEL=… -DCONTENTS=… -DINITRAMFS=… -DCOMMAND_LINE=… -DOUTPUT=… -P write_manifest.cmake
# Writes down what the micro guest is made of: with it, two results can be told to be of one guest.
file(READ "${KERNEL}" kernel)
file(READ "${CONTENTS}" contents)
file(SHA256 "${INITRAMFS}" sum)
file(SIZE "${INITRAMFS}" size)
set(manifest [[{"kernel": {}, "initramfs": {"files": []}, "command_line": ""}]])
string(JSON manifest SET "${manifest}" kernel "${kernel}")
string(JSON manifest SET "${manifest}" initramfs files "${contents}")
string(JSON manifest SET "${manifest}" initramfs sha256 "\"${sum}\"")
string(JSON manifest SET "${manifest}" initramfs size "${size}")
string(JSON manifest SET "${manifest}" command_line "\"${COMMAND_LINE}\"")
file(WRITE "${OUTPUT}" "${manifest}\n")
