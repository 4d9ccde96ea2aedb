package main

import (
	"slices"

	"lianheti/pipeline"
	"lianheti/stages/audit"

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
			_, result, err := worked(c, pipeline.Audit)
			if err != nil {
				return err
			}
			if err := writeFiles(c, result.Files); err != nil {
				return err
			}
			return concluded(tell(c, result, "audit", audited{result}), len(result.Pays) > 0)
		},
	}
}

// audited is an audit as it is told: see messages/others.tmpl.
type audited struct{ *pipeline.Audited }

// Best are the moves that pay most, one a submission.
func (r audited) Best() []audit.Paying {
	const few = 10
	var out []audit.Paying
	for _, p := range r.Pays {
		if len(out) < few && !slices.ContainsFunc(out, func(x audit.Paying) bool { return x.Submission == p.Submission }) {
			out = append(out, p)
		}
	}
	return out
}
