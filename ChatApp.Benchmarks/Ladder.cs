using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace ChatApp.Benchmarks;

/// <summary>Runs a ladder in this process, in well under a minute, and prints its table and nothing else.</summary>
internal static class Ladder
{
    public static int Run<T>()
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithUnrollFactor(1)
            .WithWarmupCount(2).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(150));
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddColumnProvider(DefaultColumnProviders.Instance)
            .HideColumns(Column.Job, Column.UnrollFactor, Column.Toolchain, Column.IterationCount, Column.IterationTime, Column.WarmupCount)
            .HideColumns(Column.StdDev, Column.Median, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2, Column.AllocRatio);
        var summary = BenchmarkRunner.Run<T>(config);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
        {
            foreach (var error in summary.ValidationErrors)
            {
                Console.Error.WriteLine(error.Message);
            }

            Console.Error.WriteLine($"It did not run to the end: see {summary.LogFilePath}");
            return 1;
        }

        MarkdownExporter.Default.ExportToLog(summary, ConsoleLogger.Default);
        return 0;
    }
}
