package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

func verify(c *cli.Context) error {
	if c.NArg() != 1 {
		return usageError{fmt.Errorf("要给出一个结果文件夹，例如 output/%d", templates.Latest())}
	}
	m, differences, err := publish.Verify(c.Args().First())
	switch {
	case errors.Is(err, fs.ErrPermission): // nothing is known of what can't be read
		return err
	case err != nil:
		return usageError{err}
	}
	machine := map[string]any{"files": len(m.Outputs), "differences": differences,
		"root": m.Root, "data_root": m.DataRoot}
	root, known := "", ""
	if c.IsSet("root") {
		root, known = rootNamed(m, c.String("root"))
		machine["matches"] = root
	}
	err = tell(c, machine, "verified", struct {
		*publish.Manifest
		Differences []publish.Difference
		Known       string
	}{m, differences, known})
	return concluded(err, len(differences) > 0 || c.IsSet("root") && root == "")
}

// rootNamed says which of a manifest's two hashes somebody was given, in a word (none where neither) and a sentence.
func rootNamed(m *publish.Manifest, given string) (word, sentence string) {
	const enough = 16 // characters, as footers print
	given = strings.ToLower(strings.TrimSpace(given))
	is := func(root string) bool { return len(given) >= enough && strings.HasPrefix(root, given) }
	switch {
	case is(m.Root):
		return "root", "给出的校验值就是运行记录的（root）：run.json 所说、所列的全部与当时相同。"
	case is(m.DataRoot):
		return "data_root", "给出的校验值就是数据的（data_root）：定义、输入、登记、评分和数据表与当时相同。"
	}
	return "", fmt.Sprintf("给出的校验值 %s 两个都不是：这不是当时的那一次结果（root %s，data_root %s）。", given, m.Root, m.DataRoot)
}
