/* The package, used in place. */
    .section .rodata.package, "a"
    .balign 16
    .global package, package_end
package:
    .incbin PACKAGE
package_end:
