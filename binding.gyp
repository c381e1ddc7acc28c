{
  "targets": [
    {
      "target_name": "sockinfo",
      "sources": [
        "native/addon_destroy_events.cc",
        "native/addon.cc", "native/addon_names.cc", "native/addon_own_socket.cc", "native/addon_process.cc",
        "native/addon_sock_diag.cc", "native/addon_socket_file.cc", "native/arguments.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      # Node's own -O3 would override ours. It makes the binary half as large again and nothing faster.
      "cflags!": ["-O3"],
      "cflags": ["-O2"],
      "cflags_cc": [
        "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
        "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fno-exceptions", "-fno-rtti"
      ],
      # -Oz. The code for arm64 then fits one page of 16 KiB. With -O2 and with -Os it needs two.
      "configurations": { "Release": { "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "z" } } },
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "GCC_TREAT_WARNINGS_AS_ERRORS": "YES",
        "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wpedantic"],
        # Strips the names of local symbols.
        "OTHER_LDFLAGS": ["-Wl,-x"]
      },
      "conditions": [
        ["OS=='linux'", {
          "sources": [
            "native/destroy_events_linux.cc",
            "native/names.cc", "native/netlink.cc", "native/runtime.cc",
            "native/own_socket_linux.cc", "native/own_socket_posix.cc",
            "native/sock_diag_linux.cc",
            "native/socket_file_linux.cc", "native/socket_file_posix.cc",
            "native/socket_address_linux.cc", "native/socket_info_linux.cc", "native/socket_info_posix.cc",
            "native/socket_options_linux.cc", "native/socket_options_posix.cc",
            "native/socket_queues_linux.cc", "native/mptcp_info_linux.cc",
            "native/unix_diag_linux.cc"
          ],
          "cflags": ["-fno-stack-protector"],
          # The linker runs in build/. The path of the version script is relative, because spaces and commas would split
          # an absolute path.
          "ldflags": [
            "-nostdlib", "-Wl,--gc-sections", "-Wl,--build-id=none",
            "-Wl,-z,text", "-Wl,-z,noexecstack", "-Wl,-z,relro", "-Wl,-z,now",
            "-Wl,--version-script=../native/exports.map"
          ],
          "libraries": ["-lgcc"]
        }],
        # The segment that becomes read-only after loading must end at a page boundary. arm64 and ppc64 may have pages
        # of 64 KiB. 32-bit ARM never has.
        ["OS=='linux' and target_arch in ('arm64', 'ppc64')", { "ldflags": ["-Wl,-z,common-page-size=65536"] }],
        # Without tables for unwinding: the gate's 64 KiB do not hold them. On ppc64 every frame has a pointer to its
        # caller's, which debuggers follow.
        ["OS=='linux' and target_arch=='ppc64'", { "cflags": ["-fno-asynchronous-unwind-tables"] }],
        ["OS=='linux' and target_arch=='arm'", { "ldflags": ["-Wl,-z,max-page-size=4096"] }],
        ["OS=='mac'", {
          "sources": [
            "native/destroy_events_darwin.cc",
            "native/names.cc",
            "native/own_socket_darwin.cc", "native/own_socket_posix.cc",
            "native/sock_diag_darwin.cc",
            "native/socket_file_darwin.cc", "native/socket_file_posix.cc",
            "native/socket_address_darwin.cc", "native/socket_info_darwin.cc", "native/socket_info_posix.cc",
            "native/socket_options_darwin.cc", "native/socket_options_posix.cc",
            "native/socket_queues_darwin.cc", "native/mptcp_info_darwin.cc",
            "native/unix_diag_darwin.cc"
          ]
        }],
        # The oldest macOS that Node 20 runs on, and the first one for arm64.
        ["OS=='mac' and target_arch=='x64'", { "xcode_settings": { "MACOSX_DEPLOYMENT_TARGET": "10.15" } }],
        ["OS=='mac' and target_arch!='x64'", { "xcode_settings": { "MACOSX_DEPLOYMENT_TARGET": "11.0" } }],
        ["OS!='linux' and OS!='mac'", { "sources": ["native/unsupported.cc"] }]
      ]
    }
  ]
}
