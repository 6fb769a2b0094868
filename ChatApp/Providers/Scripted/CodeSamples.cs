namespace ChatApp.Providers.Scripted;

/// <summary>Fenced code in the languages people paste most, with a number that differs each time.</summary>
internal static class CodeSamples
{
    public static readonly Func<string, string>[] All =
    [
        n => $$"""
            ```csharp
            // Waits for the next piece; a reader that fell behind gets several at once.
            await foreach (var update in client.GetStreamingResponseAsync(messages, cancellationToken: stop))
            {
                total += update.Text.Length;
                if (total > {{n}}) break;
            }
            ```


            """,
        n => $$"""
            ```python
            def pace(tokens, rate={{n}}):
                # Each token is yielded when it is due.
                start = time.monotonic()
                for i, token in enumerate(tokens):
                    time.sleep(max(0, start + i / rate - time.monotonic()))
                    yield token
            ```


            """,
        n => $$"""
            ```typescript
            const source = new EventSource(`/api/stream?q=${encodeURIComponent("hello")}`);
            source.onmessage = ({ data }) => {
              const event: { type: string; content?: string } = JSON.parse(data);
              if (event.type === "token") output.textContent += event.content ?? "";
              if (event.type === "complete" || seen++ > {{n}}) source.close();
            };
            ```


            """,
        n => $$"""
            ```bash
            for i in $(seq 1 {{n}}); do
              curl -sN "http://localhost:5080/api/stream?q=hi&format=text" | tail -n 1
            done
            ```


            """,
        n => $$"""
            ```json
            { "type": "metrics", "seq": {{n}}, "ttftMs": 182.4, "tokens": {{n}}, "tags": ["fast", "exact"], "done": false }
            ```


            """,
        n => $$"""
            ```sql
            SELECT model, count(*) AS runs, avg(ttft_ms) AS ttft
            FROM runs
            WHERE tokens > {{n}} AND state = 'completed'
            GROUP BY model ORDER BY ttft;
            ```


            """,
        n => $$"""
            ```rust
            fn main() {
                let due: Vec<u64> = (0..{{n}}).map(|i| i * 1_000 / 80).collect();
                println!("{:?}", due.last());
            }
            ```


            """,
        n => $$"""
            ```diff
            - timeout: 30
            + timeout: {{n}}
            ```


            """,
    ];
}
