using System.Net.Http.Headers;

namespace ChatApp.Providers;

/// <summary>
/// Stands between a provider's package and the socket. Every failure leaves here as a <see cref="ProviderException"/>, so it reads
/// the same whichever package asked; every stream leaves here bounded. A POST asks for a stream, a GET for a document.
/// </summary>
internal sealed class UpstreamHandler(UpstreamTarget target, TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (target.ApiKey is null)
        {
            // Some servers refuse a made-up key where they want none.
            request.Headers.Authorization = null;
        }

        var timings = UpstreamTimings.Current;
        var response = await ConnectAsync(request, cancellationToken);
        try
        {
            timings?.OnConnected();
            if (!response.IsSuccessStatusCode)
            {
                throw await UpstreamErrors.FromResponseAsync(target, response, time, cancellationToken);
            }

            if (response.Content.Headers.ContentEncoding.Any(e => !string.Equals(e, "identity", StringComparison.OrdinalIgnoreCase)))
            {
                throw UpstreamErrors.Protocol(target, "sent a compressed answer although none was asked for");
            }

            await BoundAsync(request, response, timings, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> ConnectAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw UpstreamErrors.Unreachable(target, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler reports its ConnectTimeout as a cancellation nobody asked for.
            throw UpstreamErrors.Unreachable(target, e);
        }
    }

    private async Task BoundAsync(HttpRequestMessage request, HttpResponseMessage response, UpstreamTimings? timings, CancellationToken cancellationToken)
    {
        var streaming = request.Method == HttpMethod.Post;
        if (streaming && !IsEventStream(response.Content.Headers.ContentType?.MediaType))
        {
            throw await UpstreamErrors.NotAStreamAsync(target, response, cancellationToken);
        }

        var headers = response.Content.Headers;
        var stream = new UpstreamStream(target, await response.Content.ReadAsStreamAsync(cancellationToken), timings, isEvents: streaming);
        response.Content = new StreamContent(stream);
        Copy(headers, response.Content.Headers);
    }

    private static bool IsEventStream(string? mediaType) => string.Equals(mediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static void Copy(HttpContentHeaders from, HttpContentHeaders to)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            to.TryAddWithoutValidation(name, values);
        }
    }
}
