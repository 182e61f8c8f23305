// SPDX-License-Identifier: ISC
// What a Go program sees that is linked with libc (cgo), by os.LookupEnv and os.Environ: see show.c.
package main

// #include <stdlib.h>
import "C"

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	for _, name := range os.Args[1:] {
		value, found := os.LookupEnv(name)
		if found != (C.getenv(C.CString(name)) != nil) {
			fmt.Fprintf(out, "cgo disagrees on %s\x00", name)
		}
		if found {
			fmt.Fprintf(out, "look %s=%s\x00", name, value)
		} else {
			fmt.Fprintf(out, "none %s\x00", name)
		}
	}
	for _, entry := range os.Environ() {
		fmt.Fprintf(out, "list %s\x00", entry)
	}
	fmt.Fprint(out, "ready\x00")
	out.Flush()
	io.Copy(io.Discard, os.Stdin)
}
