using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The system's nginx in front of an app, on a free port, with files of its own. Where there is none its tests are skipped, and say so.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private static readonly string[] Paths = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];

    private readonly Process _process;
    private readonly string _folder;

    private Nginx(Process process, string folder, int port)
    {
        (_process, _folder, Url) = (process, folder, new Uri($"http://127.0.0.1:{port}"));
        Client = new HttpClient { BaseAddress = Url, Timeout = Eventually.Limit * 3 };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    /// <summary>Starts nginx with nothing set but where to pass requests: it buffers answers and asks with HTTP/1.0.</summary>
    public static Task<Nginx> StartDefaultAsync(Uri app) => StartAsync(port => $"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{app.Authority}; }} }}");

    /// <summary>Starts nginx with <c>deploy/nginx.conf</c>.</summary>
    public static Task<Nginx> StartDeployedAsync(params Uri[] apps) => StartAsync(port =>
    {
        var site = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "nginx.conf"));
        return Replace(Replace(site, "listen 80;", $"listen 127.0.0.1:{port};"), "server 127.0.0.1:5080;", string.Join(' ', apps.Select(app => $"server {app.Authority};")));
    });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Nginx> StartAsync(Func<int, string> site)
    {
        var path = Array.Find(Paths, File.Exists);
        Assert.SkipWhen(path is null, "There is no nginx. ./test.sh installs one on Debian.");
        var folder = Directory.CreateTempSubdirectory("chatapp-nginx-").FullName;
        var port = FreePort();
        var config = Path.Combine(folder, "nginx.conf");
        // What Debian's nginx.conf sets for http, and files in a folder of our own. One process, so that none is left behind.
        await File.WriteAllTextAsync(config, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/pid;
            error_log stderr warn;
            events {}
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              gzip on;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              {{site(port)}}
            }
            """);
        var process = Process.Start(new ProcessStartInfo(path!, ["-p", folder, "-e", "stderr", "-c", config]) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (!await AcceptsAsync(port))
        {
            Assert.True(!process.HasExited, process.HasExited ? await error : "");
            Assert.False(limit.IsCancellationRequested, "nginx does not listen");
            await Task.Yield();
        }

        return new Nginx(process, folder, port);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Replace(string text, string old, string by)
    {
        Assert.Contains(old, text, StringComparison.Ordinal);
        return text.Replace(old, by, StringComparison.Ordinal);
    }
}
