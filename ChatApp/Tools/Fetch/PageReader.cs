using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace ChatApp.Tools.Fetch;

/// <summary>Reads a page: asks for it as a stranger does, without cookies, keys or a proxy, follows its redirects one by one, and reads no more of it than is wanted.</summary>
internal sealed partial class PageReader : IDisposable
{
    private const int MostRedirects = 5;
    private const int Meta = 1024;

    private readonly FetchOptions _options;
    private readonly FetchRules _rules;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public PageReader(FetchOptions options, FetchNetwork network, TimeProvider time)
    {
        _options = options;
        _rules = new FetchRules(options.Allow, network.IsPublic);
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            Credentials = null,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectCallback = network.ConnectAsync,
            // A certificate names addresses too, from which its issuer's or what is revoked would be asked for, whatever they lead to.
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
            },
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            // Each request looks at the address anew.
            PooledConnectionLifetime = TimeSpan.Zero,
        });
    }

    /// <summary>Reads the page.</summary>
    /// <exception cref="ToolException">It can't be read, and why.</exception>
    public async Task<Page> ReadAsync(string address, Action<ToolProgress> report, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(_options.Timeout, _time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        var url = _rules.Check(address);
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                report(new ToolProgress(redirects == 0 ? $"Asking {url.IdnHost}" : $"Redirected to {url.IdnHost}"));
                using var request = new HttpRequestMessage(HttpMethod.Get, url)
                {
                    Headers = { UserAgent = { new ProductInfoHeaderValue("ChatApp", "1.0") } },
                };
                request.Headers.TryAddWithoutValidation("Accept", "text/html, text/plain, application/json, application/xml;q=0.9, text/*;q=0.8");
                using var response = await _http.SendAsync(request, any.Token);
                if (Redirect(response) is not { } to)
                {
                    return await ReadAsync(url, response, report, any.Token);
                }

                if (redirects == MostRedirects)
                {
                    throw new ToolException($"{address} redirects more than {MostRedirects} times.");
                }

                url = _rules.Check(to, url);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ToolException($"{url.IdnHost} did not send the page within {Durations.Words(_options.Timeout)}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException)
        {
            throw Said(exception) ?? new ToolException(exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                ? $"{url.IdnHost} can't be read: no secure connection to it. Its certificate may not be valid."
                : $"{url.IdnHost} can't be read: it is not reachable, or broke off.");
        }
    }

    public void Dispose() => _http.Dispose();

    // The refusal of an address comes out of the depths of the connection.
    private static ToolException? Said(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is ToolException said)
            {
                return said;
            }
        }

        return null;
    }

    // Its text as it was sent: a relative one is completed, and checked, with the others.
    private static string? Redirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
            && response.Headers.Location is { } location ? location.OriginalString : null;

    private async Task<Page> ReadAsync(Uri url, HttpResponseMessage response, Action<ToolProgress> report, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new ToolException($"{url} answered with status {(int)response.StatusCode}, so there is no page to read.");
        }

        var type = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "text/plain";
        if (!IsText(type))
        {
            throw new ToolException($"{url} is {(type.Length > 64 ? "no text" : type)}. Only text is read: web pages, plain text, JSON and XML.");
        }

        var (bytes, isCut) = await ReadBytesAsync(response.Content, report, cancellationToken);
        var isHtml = type is "text/html" or "application/xhtml+xml";
        var text = Decode(bytes, response.Content.Headers.ContentType?.CharSet, isHtml);
        if (text.AsSpan(0, Math.Min(text.Length, Meta)).Contains('\0'))
        {
            throw new ToolException($"{url} calls itself {type}, but holds no text.");
        }

        return isHtml ? HtmlText.Read(text, url, isCut, _options.MaxCharacters) : new Page(url, null, text.Trim(), isCut);
    }

    private static bool IsText(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("+json", StringComparison.Ordinal) || type.EndsWith("+xml", StringComparison.Ordinal)
        || type is "application/json" or "application/xml" or "application/javascript" or "application/yaml" or "application/x-ndjson";

    private async Task<(ReadOnlyMemory<byte> Bytes, bool IsCut)> ReadBytesAsync(HttpContent content, Action<ToolProgress> report, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            // What is counted is what comes out of the decompression: a small answer that grows without end is cut like a long one.
            var room = _options.MaxBytes - (int)kept.Length;
            var read = await body.ReadAsync(buffer.AsMemory(0, Math.Clamp(room, 1, buffer.Length)), cancellationToken);
            if (read == 0 || room == 0)
            {
                return (kept.GetBuffer().AsMemory(0, (int)kept.Length), read > 0);
            }

            await kept.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            report(new ToolProgress($"Read {kept.Length / 1000} kB", content.Headers.ContentLength is > 0 and var length ? Math.Min(99, 100.0 * kept.Length / length) : null));
        }
    }

    private static string Decode(ReadOnlyMemory<byte> bytes, string? charset, bool isHtml)
    {
        var name = charset ?? (isHtml && CharsetOf().Match(Encoding.Latin1.GetString(bytes.Span[..Math.Min(Meta, bytes.Length)])) is { Success: true } meta ? meta.Groups["name"].Value : null);
        using var reader = new StreamReader(new MemoryStream(bytes.ToArray()), Find(name?.Trim('"', '\'', ' ')), detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    // As browsers have it: what calls itself Latin-1 or ASCII is Windows' Latin; what is not known is UTF-8.
    private static Encoding Find(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 40)
        {
            return Encoding.UTF8;
        }

        try
        {
            name = name.ToLowerInvariant() is "iso-8859-1" or "latin1" or "us-ascii" or "ascii" ? "windows-1252" : name;
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return Encoding.UTF8;
        }
    }

    // <meta charset="utf-8">   <meta http-equiv="Content-Type" content="text/html; charset=windows-1251">
    [GeneratedRegex(@"<meta[^>]{0,300}?charset\s*=\s*[""']?(?<name>[\w.:\-]{2,40})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CharsetOf();
}

/// <summary>A page as it was read.</summary>
/// <param name="Url">Where it was found in the end.</param>
/// <param name="Title">Its title, where it has one.</param>
/// <param name="Text">Its text.</param>
/// <param name="IsCut">Whether there was more than is read.</param>
internal sealed record Page(Uri Url, string? Title, string Text, bool IsCut);
