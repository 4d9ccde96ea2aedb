package main

import (
	"fmt"
	"io"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/text"

	"github.com/urfave/cli/v2"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name:      "audit",
		Usage:     "激励审计（内部）：在表单规则之内，有没有哪个动作能抬高名次",
		UsageText: "lianheti audit [选项] 文件夹或文件...",
		Description: "逐家试少列成员、少报、不报、填不适用、改单方陈述等动作，照样检查、计分，别家的数不变。\n" +
			"逆向动作（联合体并没有更好）抬高名次的，退出码为 1；凭单方陈述的另列，写明拿什么核。写出 激励审计.xlsx 和数据表 incentives。",
		Flags: []cli.Flag{
			yearFlag,
			outFlag("output", "输出`文件夹`"),
			registerFlag, marksFlag,
			&cli.StringFlag{Name: "previous", TakesFile: true, Usage: "上一轮结果所在的`文件夹`：用它的尺度，没有写 --marks 的也用它的专家评分"},
			definitionFlag, workersFlag, jsonFlag, overwriteFlag,
		},
		Action: func(c *cli.Context) error {
			o, err := options(c)
			if err != nil {
				return err
			}
			o.Previous = c.String("previous")
			result, err := watched(c, &o, func() (*pipeline.Audited, error) { return pipeline.Audit(c.Context, o) })
			if err != nil {
				return err
			}
			if c.Bool("json") { // standard output holds nothing else
				if _, err = publish.Files(result.Files, c.Bool(overwriteFlag.Name)); err == nil {
					err = writeJSON(c.App.Writer, result)
				}
			} else if err = writeFiles(c, result.Files); err == nil {
				tellAudit(c.App.Writer, result)
			}
			if err == nil && len(result.Pays) > 0 {
				err = errNo
			}
			return err
		},
	}
}

// tellAudit says whether a perverse move pays, and names those that pay most.
func tellAudit(w io.Writer, r *pipeline.Audited) {
	const few = 10
	fmt.Fprintf(w, "参加排名的 %d 家，逐家试了动作共 %d 个；不参加排名的 %d 家没有试。\n", r.Ranked, r.Tried, len(r.LeftOut))
	if len(r.Pays) == 0 {
		fmt.Fprintln(w, "没有一个逆向动作能抬高名次。")
	} else {
		fmt.Fprintf(w, "逆向动作能抬高名次的有 %d 个。%s各家升得最多的：\n", len(r.Pays), r.Basis)
	}
	told := map[string]bool{}
	for _, p := range r.Pays {
		if told[p.Submission] || len(told) == few {
			continue
		}
		told[p.Submission] = true
		findings := "没有多出问题"
		if p.Findings != "" {
			findings = "多出：" + strings.ReplaceAll(p.Findings, "；", "、")
		}
		fmt.Fprintf(w, "  第 %d 名 → 第 %d 名  %s\n    %s\n    %s；%s\n", p.Before, p.After, p.Consortium, text.Mask(p.What), p.Verdict, findings)
	}
	fmt.Fprintf(w, "凭单方陈述抬高名次的有 %d 个，拿什么核见工作簿。结果仅供处里内部使用。\n", len(r.Claims))
}
