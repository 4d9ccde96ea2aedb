// Command make writes the sample workbooks from their fixtures.
//
//	go run ./samples/make                              samples/2024, as committed
//	go run ./samples/make -many 1000 -out DIR          1,000 made-up consortia for measuring, with their definition
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/samples"
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

func run(many, returned int, out string) error {
	d, err := templates.Load(2024)
	if err != nil {
		return err
	}
	fixtures, extras, err := samples.Load(os.DirFS(filepath.Join("samples", "fixtures", "2024")))
	if err != nil {
		return err
	}
	if many > 0 {
		return samples.Many(out, d, fixtures, many, returned)
	}
	files, err := samples.Files(d, fixtures, extras)
	if err != nil {
		return err
	}
	if files["README.md"], err = samples.Readme(d, fixtures, extras); err != nil {
		return err
	}
	if err := samples.Write(filepath.Join("samples", "2024"), files); err != nil {
		return err
	}
	return following(d.Year + 1)
}

// following writes the samples of the year after.
func following(year int) error {
	d, err := templates.Load(year)
	if err != nil {
		return err
	}
	f, earlier, err := samples.LoadFollowing(os.DirFS(filepath.Join("samples", "fixtures")), year)
	if err != nil {
		return err
	}
	files, err := f.Files(d, earlier)
	if err != nil {
		return err
	}
	return samples.Write(filepath.Join("samples", fmt.Sprint(year)), files)
}
