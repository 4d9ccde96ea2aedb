// Command make writes the sample workbooks from their fixtures.
//
//	go run ./samples/make                              the committed samples
//	go run ./samples/make -many 1000 -out DIR          1,000 fictitious consortia for benchmarks, with their definition
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/samples"
	"lianheti/stages/office/try"
	"lianheti/templates"
)

func main() {
	many := flag.Int("many", 0, "改为生成这么多家虚构联合体的工作簿，供测速")
	returned := flag.Int("returned", 0, "测速用的，每这么多份里有一份要退回修改")
	out := flag.String("out", "", "测速用的工作簿放到哪个文件夹")
	flag.Parse()
	if err := run(*many, *returned, *out); err != nil {
		fmt.Fprintln(os.Stderr, "未能生成样例：", err)
		os.Exit(1)
	}
}

func run(many, returned int, out string) (err error) {
	defer try.Caught(&err)
	d, sources := try.Get(templates.Load(2024)), filepath.Join("samples", "fixtures")
	fixtures, extras, err := samples.Load(os.DirFS(filepath.Join(sources, "2024")))
	try.Do(err)
	if many > 0 {
		return samples.Many(out, d, fixtures, many, returned)
	}
	files := try.Get(samples.Files(d, fixtures, extras))
	files["README.md"] = try.Get(samples.Readme(d, fixtures, extras))
	try.Do(samples.Write(filepath.Join("samples", "2024"), files))
	next := try.Get(templates.Load(d.Year + 1))
	f, earlier, err := samples.LoadNextYear(os.DirFS(sources), next.Year)
	try.Do(err)
	return samples.Write(filepath.Join("samples", fmt.Sprint(next.Year)), try.Get(f.Files(next, earlier)))
}
